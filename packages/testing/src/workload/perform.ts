import type { RecordedOutcome } from '../history/index.ts';
import type { Evidence, Operations } from './operations.ts';
import type { PlannedOperation } from './plan.ts';

/** How an operation settled, as it goes into its record. */
export interface Settled {
  readonly outcome: RecordedOutcome;
  readonly details: Evidence & { readonly result?: number | readonly string[]; readonly error?: string };
}

/** Never rejects, as long as `outcomeOf` does not throw. A client that throws instead of rejecting has rejected. */
export async function perform(
  operations: Operations,
  planned: PlannedOperation,
  signal: AbortSignal,
): Promise<Settled> {
  try {
    return { outcome: 'ok', details: await ask(operations, planned, signal) };
  } catch (error) {
    const { outcome, ...details } = operations.outcomeOf(error);
    return { outcome, details: { ...evidenceOf(details), error: details.error ?? textOf(error) } };
  }
}

async function ask(
  operations: Operations,
  planned: PlannedOperation,
  signal: AbortSignal,
): Promise<Settled['details']> {
  switch (planned.f) {
    case 'append':
      return evidenceOf(await operations.append(planned.key, planned.value, signal));
    case 'increment':
      return evidenceOf(await operations.increment(planned.key, signal));
    case 'read': {
      const read = await operations.read(planned.key, signal);
      return { ...evidenceOf(read), result: read.values };
    }
    case 'readCounter': {
      const read = await operations.readCounter(planned.key, signal);
      return { ...evidenceOf(read), result: read.count };
    }
  }
}

/** Only what belongs into a record: a client may resolve with much more. */
function evidenceOf(found: Evidence | undefined): Evidence {
  if (found === undefined) return {};
  const { sentAt, attempts, epoch, server } = found;
  return { sentAt, attempts, epoch, server };
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
