import type { Adapter, Cluster, Operation, RunOptions } from '../adapter.ts';
import { FailoverError, NotSentError, OutcomeUnknownError, RefusedError } from '../errors.ts';
import type { Failure, Lease, Ms, Outcome } from '../model/index.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** ms before the first try again at a server that we may still use; doubles up to `slowestMs`. */
const firstPauseMs = 10;
const slowestMs = 1000;

/**
 * The shell around `nextStep` for one operation: takes a lease, tries, and settles exactly once, no later than
 * its deadline.
 * @throws NotSentError, RefusedError, OutcomeUnknownError, or what the attempt gave as its cause.
 */
export async function runOperation<T>(
  adapter: Pick<Adapter, 'classify'>,
  cluster: Cluster,
  runtime: Runtime,
  operation: Operation<T>,
  options: RunOptions & { readonly timeoutMs: number },
): Promise<T> {
  const deadline = runtime.now() + options.timeoutMs;
  let pauseMs = firstPauseMs;
  let last: Lease | undefined;
  for (;;) {
    const lease =
      cluster.lease(options.target, options.picker) ??
      (await cluster.hold(
        options.target,
        { bytes: 0, count: 1, deadline, signal: options.signal },
        options.picker,
      ));
    if (lease === last) {
      await pause(runtime, Math.min(pauseMs, deadline - runtime.now()), options.signal);
      pauseMs = Math.min(pauseMs * 2, slowestMs);
      if (lease.fenced.aborted) continue;
    }
    last = lease;
    const attempt = await attemptUntil(runtime, operation, lease, deadline, options.signal);
    if (attempt.type === 'ok') {
      cluster.countOperations(options.target, 'ok', 1);
      return attempt.value;
    }
    const outcome = adapter.classify(attempt.failure, operation.traits);
    const step = cluster.nextStep(options.target, outcome, operation.traits, deadline);
    if (step.type === 'settle') {
      cluster.countOperations(options.target, outcome.type, 1);
      if (outcome.type === 'unknown') cluster.reportUnknown(options.target, lease.server, 1, outcome.reason);
      throw settledError(operation, lease, outcome, attempt.cause);
    }
    if (step.type === 'resend') await pause(runtime, step.afterMs, options.signal);
  }
}

/** The attempt, cut off at the deadline: what was sent by then is unknown, whatever the server does later. */
async function attemptUntil<T>(
  runtime: Runtime,
  operation: Operation<T>,
  lease: Lease,
  deadline: Ms,
  signal: AbortSignal | undefined,
): Promise<Awaited<ReturnType<Operation<T>['attempt']>>> {
  const stop = new AbortController();
  const onAbort = (): void => {
    stop.abort(signal?.reason);
  };
  let finish: (failure: Failure) => void = () => undefined;
  const cutOff = new Promise<Failure>((resolve) => (finish = resolve));
  const cancel = runtime.after(deadline - runtime.now(), () => {
    stop.abort(new FailoverError('deadline-passed', `${operation.name} took too long`));
    finish({ type: 'deadlinePassed' });
  });
  const onFenced = (): void => {
    stop.abort(lease.fenced.reason);
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  lease.fenced.addEventListener('abort', onFenced, { once: true });
  if (lease.fenced.aborted) onFenced();
  try {
    return await Promise.race([
      operation.attempt(lease, stop.signal),
      cutOff.then((failure) => ({ type: 'failed', failure }) as const),
    ]);
  } catch (cause) {
    // An attempt that throws did not tell how far it came, so it may have been executed.
    return { type: 'failed', failure: { type: 'connectionLost', reason: String(cause) }, cause };
  } finally {
    cancel();
    signal?.removeEventListener('abort', onAbort);
    lease.fenced.removeEventListener('abort', onFenced);
  }
}

function settledError(
  operation: Operation<unknown>,
  lease: Lease,
  outcome: Outcome,
  cause: unknown,
): unknown {
  switch (outcome.type) {
    case 'unknown':
      return new OutcomeUnknownError(
        { operation: operation.name, server: lease.server, epoch: lease.epoch },
        { cause: cause ?? outcome.reason },
      );
    case 'refused':
      return new RefusedError(`${operation.name} was refused by ${lease.server}: ${outcome.code}`, { cause });
    case 'notSent':
      return new NotSentError(`${operation.name} was not executed: ${outcome.reason}`, { cause });
    case 'ok':
    case 'appError':
      return cause ?? new FailoverError('refused', `${operation.name} failed: ${outcome.type}`);
  }
}

function pause(runtime: Runtime, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      cancel();
      reject(new NotSentError('not executed: given up', { cause: signal?.reason }));
    };
    const cancel = runtime.after(Math.max(0, ms), () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    if (signal?.aborted === true) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
}
