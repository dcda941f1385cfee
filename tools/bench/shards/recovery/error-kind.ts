import type { OperationRecord } from '../../load/operation.ts';

/** What an application is told of an operation that failed; `other` says nothing of whether it happened. */
export type ErrorKind = 'unknown' | 'notExecuted' | 'other';

/** How an outcome that is told as unknown begins on the wire, and what it says in process. */
const TOLD_UNKNOWN = /^OUTCOMEUNKNOWN\b|it may or may not have been executed/;

export function errorKind({
  outcome,
  error = '',
}: Pick<OperationRecord, 'outcome' | 'error'>): ErrorKind | undefined {
  switch (outcome) {
    case 'refused':
      return 'notExecuted';
    case 'unknown':
      return TOLD_UNKNOWN.test(error) ? 'unknown' : 'other';
    case 'ok':
    case 'unsettled':
      return undefined;
  }
}
