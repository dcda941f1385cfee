import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { members, type Cluster, type Runtime } from '@failover/core';
import { decodeRequest } from '../protocol/decode.ts';
import { encodeReply } from '../protocol/encode.ts';
import { scan } from '../protocol/scan.ts';
import { traitsOf } from '../protocol/traits.ts';
import { ring } from '../rules.ts';
import { refuse, unknownWord } from './refuse.ts';
import { route } from './route.ts';
import { createUpstream, type Upstream } from './upstream.ts';

/** One client: a request at a time, in order. It reads no further while its answer is not taken. */
export async function relay(
  client: Duplex,
  cluster: Cluster,
  runtime: Runtime,
  drain: AbortSignal,
): Promise<number> {
  const upstream = createUpstream(runtime);
  // The client that leaves takes along what waits for it.
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  let rest: Buffer = Buffer.alloc(0);
  let requests = 0;
  client.once('close', leave);
  const endReading = (): void => void client.destroy();
  try {
    for await (const chunk of client as AsyncIterable<Buffer>) {
      const step = scan(rest, chunk);
      rest = step.rest;
      for (const line of step.lines) {
        requests += 1;
        const answer = await answerTo(line, cluster, upstream, gone.signal);
        if (!client.write(answer)) await once(client, 'drain', { signal: gone.signal });
      }
      if (drain.aborted) break;
      drain.addEventListener('abort', endReading, { once: true });
    }
  } catch {
    // A broken or over-long line, or a client that is gone: it ends this client and nobody else.
  } finally {
    drain.removeEventListener('abort', endReading);
    upstream.close();
    client.destroy();
  }
  return requests;
}

async function answerTo(
  line: string,
  cluster: Cluster,
  upstream: Upstream,
  signal: AbortSignal,
): Promise<string> {
  const request = decodeRequest(line);
  if (request === undefined || route(request) === 'refused') return unknownWord;
  try {
    const text = await cluster.run(
      {
        name: request.type,
        traits: traitsOf(request),
        attempt: (lease, stop) => upstream.attempt(lease, request, stop),
      },
      { target: ring.id, picker: members, signal },
    );
    return encodeReply({ type: 'text', text });
  } catch (error) {
    return refuse(error);
  }
}
