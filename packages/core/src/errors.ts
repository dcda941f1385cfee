import type { EndpointId, Epoch } from './model/index.ts';

export type FailoverErrorCode =
  | 'outcome-unknown'
  | 'not-sent'
  | 'refused'
  | 'hold-full'
  | 'deadline-passed'
  | 'fenced'
  | 'closed'
  | 'config-invalid'
  | 'adapter-invalid'
  | 'protocol-violation';

/** Guards look at `code`, not at the class, so that two copies of this package agree. */
export class FailoverError extends Error {
  readonly code: FailoverErrorCode;
  constructor(code: FailoverErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

export interface UnknownDetail {
  /** The operation's name without its arguments: arguments are user data. */
  readonly operation: string;
  readonly server?: EndpointId | undefined;
  readonly epoch?: Epoch | undefined;
}

/** The operation may or may not have been executed: it was sent, and no reply came. It is never sent again. */
export class OutcomeUnknownError extends FailoverError {
  readonly operation: string;
  readonly server: EndpointId | undefined;
  readonly epoch: Epoch | undefined;
  constructor(detail: UnknownDetail, options?: { readonly cause?: unknown }) {
    super(
      'outcome-unknown',
      `${detail.operation} was sent${detail.server === undefined ? '' : ` to ${detail.server}`} and no reply came: it may or may not have been executed`,
      options,
    );
    this.operation = detail.operation;
    this.server = detail.server;
    this.epoch = detail.epoch;
  }
}

/** The operation was not executed; sending it again is safe. */
export class NotSentError extends FailoverError {
  constructor(
    message: string,
    options?: {
      readonly cause?: unknown;
      readonly code?: 'not-sent' | 'hold-full' | 'deadline-passed' | 'closed';
    },
  ) {
    super(options?.code ?? 'not-sent', message, options);
  }
}

/** The server proved that it did not execute the operation, until the deadline. */
export class RefusedError extends FailoverError {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('refused', message, options);
  }
}

export interface ConfigIssue {
  /** Dotted path of the field, for example `sentinels.0`. */
  readonly field: string;
  /** The value as given, already redacted if the field holds a secret. */
  readonly value: unknown;
  readonly problem: string;
  /** What to write instead. */
  readonly fix: string;
}

export class ConfigError extends FailoverError {
  readonly issues: readonly ConfigIssue[];
  constructor(issues: readonly ConfigIssue[], options?: { readonly cause?: unknown }) {
    super(
      'config-invalid',
      issues
        .map((issue) => `${issue.field}: ${issue.problem} (got ${JSON.stringify(issue.value)}); ${issue.fix}`)
        .join('\n'),
      options,
    );
    this.issues = issues;
  }
}

/** For one field, which is most of the time. */
export function configError(field: string, value: unknown, problem: string, fix: string): ConfigError {
  return new ConfigError([{ field, value, problem, fix }]);
}

export function isFailoverError(error: unknown): error is FailoverError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.has(error.code);
}

export function isOutcomeUnknown(error: unknown): error is OutcomeUnknownError {
  return isFailoverError(error) && error.code === 'outcome-unknown';
}

const codes: ReadonlySet<string> = new Set<FailoverErrorCode>([
  'outcome-unknown',
  'not-sent',
  'refused',
  'hold-full',
  'deadline-passed',
  'fenced',
  'closed',
  'config-invalid',
  'adapter-invalid',
  'protocol-violation',
]);
