import { request } from 'node:http';
import type { Cancel, Member, Pace, Report, Runtime } from '@failover/core';
import { hostOf, portOf } from '@failover/core';
import type { Observable } from 'rxjs';
import type { RabbitConfig } from '../config.ts';
import type { RabbitReply } from '../replies.ts';
import { paths, readNodes, readQueues } from './management.ts';

/** ms between two rounds. The API is costly for a cluster, and AMQP itself tells what is urgent. */
const everyMs: Readonly<Record<Pace, number>> = { idle: 5000, alert: 1000, fast: 1000 };
const answerWithinMs = 2000;
const maxBodyBytes = 16 * 1024 * 1024;

/** Watches one management API: nodes, alarms, leaders of queues. It only testifies: its absence moves nobody. */
export function watchManagement(
  member: Member,
  config: RabbitConfig,
  pace$: Observable<Pace>,
  runtime: Runtime,
  report: (report: Report<RabbitReply>) => void,
): () => void {
  let pace: Pace = 'idle';
  let isClosed = false;
  /** Of the next round; undefined while one is under way. */
  let cancelNext: Cancel | undefined;
  const stop = new AbortController();

  // One answer after the other is one connection to the rest of us; a failure begins the next.
  let openedAt = runtime.now();

  async function round(): Promise<void> {
    const say = (reply: RabbitReply): void => {
      if (!isClosed) report({ type: 'said', member, openedAt, reply });
    };
    cancelNext = undefined;
    try {
      const [overview, nodes, queues] = await Promise.all([
        get(paths.overview),
        get(paths.nodes),
        get(paths.queues),
      ]);
      say({ type: 'nodes', nodes: readNodes(overview, nodes) });
      say({ type: 'queues', queues: readQueues(queues) });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message.slice(0, 200) : String(cause);
      if (!isClosed) report({ type: 'failed', member, openedAt, reason });
      openedAt = runtime.now();
    }
    if (!isClosed) again();
  }

  function again(): void {
    cancelNext = runtime.after(everyMs[pace] * (0.8 + 0.4 * runtime.random()), () => void round());
  }

  function get(path: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const asked = request(
        {
          path,
          host: hostOf(member.endpoint),
          port: portOf(member.endpoint),
          auth: `${config.managementUsername}:${config.managementPassword}`,
          headers: { accept: 'application/json', connection: 'close' },
          signal: stop.signal,
          // Over the runtime's own network, whatever that is. Any `agent` would make the connection itself.
          createConnection: () => runtime.connect(member.endpoint),
        },
        (response) => {
          const chunks: Buffer[] = [];
          let bytes = 0;
          response.on('data', (chunk: Buffer) => {
            bytes += chunk.length;
            if (bytes > maxBodyBytes)
              asked.destroy(new Error(`${path} answers more than ${maxBodyBytes} bytes`));
            else chunks.push(chunk);
          });
          response.on('end', () => {
            if (response.statusCode !== 200) reject(new Error(`${path} answers ${response.statusCode ?? 0}`));
            else resolve(parse(Buffer.concat(chunks)));
          });
        },
      );
      const cancel = runtime.after(answerWithinMs, () => {
        asked.destroy(new Error(`no answer to ${path} within ${answerWithinMs} ms`));
      });
      asked.on('error', reject);
      asked.on('close', () => {
        cancel();
        reject(new Error(`${path}: closed`));
      });
      asked.end();
    });
  }

  const paces = pace$.subscribe((next) => {
    const isFaster = everyMs[next] < everyMs[pace];
    pace = next;
    // A round that is under way is followed by one at the new pace. Another beside it would be followed too, for ever.
    if (!isFaster || cancelNext === undefined) return;
    cancelNext();
    again();
  });
  void round();
  return () => {
    isClosed = true;
    paces.unsubscribe();
    cancelNext?.();
    stop.abort();
  };
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
