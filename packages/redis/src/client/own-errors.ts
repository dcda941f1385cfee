import type { EndpointId } from '@failover/core';
import { NotSentError, OutcomeUnknownError, RefusedError } from '@failover/core';
import { ScanInterruptedError } from '../errors.ts';

/** ioredis' own words for what a closed client leaves open. BullMQ and others compare them. */
export const connectionIsClosed = 'Connection is closed.';

/**
 * Turns ioredis' error for one of our own replies into the error that it stands for, in place: ioredis rejects with
 * the very object that it showed to `reconnectOnError`. False for the server's own errors.
 */
export function reshape(error: Error): boolean {
  const model = modelOf(error);
  if (model === undefined) return false;
  // No constructor runs, so what it would set is copied. The stack goes on showing who sent the command.
  const stack = (error.stack ?? '').split('\n').slice(1);
  Object.setPrototypeOf(error, Object.getPrototypeOf(model) as object);
  for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(model))) {
    if (key !== 'stack')
      Object.defineProperty(error, key, { ...descriptor, configurable: true, writable: true });
  }
  Object.defineProperty(error, 'stack', {
    value: [`${model.name}: ${model.message}`, ...stack].join('\n'),
    configurable: true,
    writable: true,
  });
  return true;
}

const unknown = /^OUTCOMEUNKNOWN server=(\S+) epoch=(\S+) .*?(?:\((.*)\))?$/;
const notSent = /^(?:TRYAGAIN|EXECABORT) failover: (.*)$/;
const scanInterrupted = /^SCANINTERRUPTED failover: /;
const refused = /^ERR [^:]* is refused by failover: /;

function modelOf(error: Error): Error | undefined {
  const text = error.message;
  const operation = operationOf(error);
  const cause = new Error(text);
  cause.stack = text;
  const lost = unknown.exec(text);
  if (lost !== null) {
    const [, server, epoch, reason] = lost;
    const model = new OutcomeUnknownError(
      { operation, server: server as EndpointId, epoch: epochOf(epoch) },
      { cause },
    );
    if (reason === connectionIsClosed) model.message = connectionIsClosed;
    return model;
  }
  const unsent = notSent.exec(text)?.[1];
  if (unsent !== undefined) {
    if (unsent.endsWith(connectionIsClosed)) {
      return new NotSentError(connectionIsClosed, { cause, code: 'closed' });
    }
    return new NotSentError(`${operation}: ${unsent}`, { cause });
  }
  if (scanInterrupted.test(text))
    return new ScanInterruptedError(`${operation}: ${text.slice(text.indexOf(': ') + 2)}`, { cause });
  return refused.test(text) ? new RefusedError(text.slice('ERR '.length), { cause }) : undefined;
}

function operationOf(error: Error): string {
  const { command } = error as { readonly command?: { readonly name?: unknown } };
  return typeof command?.name === 'string' ? command.name.toUpperCase() : 'a command';
}

const epochOf = (text: string | undefined): readonly number[] | undefined =>
  text === undefined || text === 'none' ? undefined : text.split('.').map(Number);
