import type { RedisOptions as IoredisOptions } from 'ioredis';
import { reshape } from './own-errors.ts';

type ReconnectOnError = NonNullable<IoredisOptions['reconnectOnError']>;

const ours = new WeakSet<ReconnectOnError>();

/**
 * Makes the options of one ioredis what its guarantees rest on. ioredis hands its connector its very own options, also
 * those of a `duplicate()` with others, so this is done there.
 */
export function enforce(options: IoredisOptions, isClosed: () => boolean): void {
  options.reconnectOnError = composed(options.reconnectOnError ?? undefined);
  // The relay answers everything before a stream closes. Should it ever fail to, these two let ioredis reject the rest
  // instead of sending it again or dropping it unsettled.
  options.autoResendUnfulfilledCommands = false;
  options.maxRetriesPerRequest = 0;
  // INFO would tie 'ready' to one server; the relay verifies each connection itself.
  options.enableReadyCheck = false;
  // A new stream costs nothing and waits for nobody.
  if (options.retryStrategy !== null) options.retryStrategy = () => (isClosed() ? null : 0);
}

/** Our own errors get their shape; a user's function sees only the server's. */
function composed(user: ReconnectOnError | undefined): ReconnectOnError {
  if (user !== undefined && ours.has(user)) return user;
  const both: ReconnectOnError = (error) => (reshape(error) || user === undefined ? false : user(error));
  ours.add(both);
  return both;
}
