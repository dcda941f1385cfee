import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { lastLines } from './log-ring.ts';
import { ProcessStartError, type SupervisedProcess } from './start-process.ts';

export interface AnswerOptions {
  /** ms for all attempts; one that has begun is waited for. */
  readonly withinMs: number;
  /** ms from an attempt that failed to the next. */
  readonly everyMs: number;
}

/**
 * Until one attempt to talk to the process does not reject: it is up.
 * @throws ProcessStartError with the last of its log, if the process ends first or the time does
 */
export async function untilAnswers(
  child: Pick<SupervisedProcess, 'name' | 'log' | 'exit'>,
  attempt: () => Promise<unknown>,
  { withinMs, everyMs }: AnswerOptions,
): Promise<void> {
  const endAt = performance.now() + withinMs;
  let cause: Error | undefined;
  while (performance.now() < endAt && child.exit === undefined) {
    try {
      await attempt();
      return;
    } catch (error) {
      cause = error instanceof Error ? error : new Error(String(error));
      await sleep(everyMs);
    }
  }
  const why = child.exit === undefined ? `no answer within ${withinMs} ms` : 'it ended';
  const last = cause === undefined ? '' : ` (${cause.message})`;
  throw new ProcessStartError(`${child.name} does not start: ${why}${last}\n${lastLines(child.log)}`, {
    cause,
  });
}
