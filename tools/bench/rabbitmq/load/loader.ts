import type { ChildProcess } from 'node:child_process';
import { end } from '../../process/child.ts';
import { nextMessage, startModule } from '../../process/module.ts';
import type { ClientSpec } from '../client/spec.ts';
import { preferring } from '../client/spec.ts';
import type { Latest, LoadLog, LoadNews, LoadOrder, Pace } from './orders.ts';

/** A contender's own process: it connects anew for each run, and starts once, since starting takes a second. */
export interface Loader {
  /** @throws Error if the client does not connect in a fresh process either */
  connect(place: Place): Promise<void>;
  disconnect(): Promise<void>;
  publish(pace: Pace): void;
  latest(): Promise<Latest>;
  stop(): void;
  /** Undefined if the process did not answer: it is started again for the next run. */
  finish(settleMs: number): Promise<LoadLog | undefined>;
  end(): Promise<void>;
}

export interface Place {
  readonly name: string;
  readonly queue: string;
  /** The server that shall be tried first. */
  readonly server?: string;
}

/** As many as a careful application takes: a few, not all that there are. */
const PREFETCH = 100;
/** ms; a client that is not connected to a healthy cluster by then is started again. */
const CONNECT_LIMIT_MS = 20_000;
const START_LIMIT_MS = 60_000;
const ANSWER_LIMIT_MS = 5000;
const TRIES = 3;

type Kind = LoadNews['type'];
const isOf =
  <T extends Kind>(type: T) =>
  (message: unknown): message is Extract<LoadNews, { type: T }> =>
    typeof message === 'object' && message !== null && 'type' in message && message.type === type;
const isFailed = isOf('failed');

export async function startLoader(name: string, spec: ClientSpec): Promise<Loader> {
  const start = async (): Promise<ChildProcess> => {
    const started = startModule(new URL('./main.ts', import.meta.url), {});
    await nextMessage(started, `the load process of ${name} starts`, START_LIMIT_MS, isOf('started'));
    return started;
  };
  let child = await start();

  async function ask<T extends Kind>(
    order: LoadOrder,
    limitMs: number,
    type: T,
  ): Promise<Extract<LoadNews, { type: T }>> {
    type Wanted = Extract<LoadNews, { type: T }>;
    const isWanted = isOf(type);
    const isAnswer = (message: unknown): message is Wanted | Extract<LoadNews, { type: 'failed' }> =>
      isWanted(message) || isFailed(message);
    const answer = nextMessage(child, `${order.type} of ${name}`, limitMs, isAnswer);
    child.send(order);
    const found = await answer;
    if (isFailed(found)) throw new Error(`${name}: ${found.reason}`);
    return found;
  }

  async function restart(): Promise<void> {
    await end(child);
    child = await start();
  }

  return {
    async connect({ server, ...place }) {
      const settings = {
        ...place,
        spec: server === undefined ? spec : preferring(spec, server),
        prefetch: PREFETCH,
      };
      for (let tried = 1; ; tried += 1) {
        try {
          await ask({ type: 'connect', settings }, CONNECT_LIMIT_MS, 'connected');
          return;
        } catch (error) {
          // All nodes are well: told, and not measured here.
          console.log(`     ${name} did not connect: ${String(error)}`);
          if (tried === TRIES) throw error;
          await restart();
        }
      }
    },
    async disconnect() {
      await ask({ type: 'disconnect' }, ANSWER_LIMIT_MS, 'disconnected').catch(restart);
    },
    publish: (pace) => void child.send({ type: 'publish', pace } satisfies LoadOrder),
    latest: () =>
      // A process that does not even answer us has not recovered.
      ask({ type: 'latest' }, ANSWER_LIMIT_MS, 'latest').catch(() => ({
        confirmed: -Infinity,
        delivered: -Infinity,
      })),
    stop: () => void child.send({ type: 'stop' } satisfies LoadOrder),
    async finish(settleMs) {
      try {
        return await ask({ type: 'finish', settleMs }, settleMs + 10_000, 'finished');
      } catch (error) {
        console.log(`     the load process of ${name} does not answer: ${String(error)}`);
        await restart();
        return undefined;
      }
    },
    end: () => end(child),
  };
}
