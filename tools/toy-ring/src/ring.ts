import { createInterface } from 'node:readline';
import type { Adapter, Attempt, Cluster, EndpointId, Gateway, Member, Runtime } from '@failover/core';
import { classifyLoss, configError, endpoint, members, staticSource, target } from '@failover/core';
import { Observable } from 'rxjs';

// A ring of equal peers that speak lines: "PEERS" → "a:1 b:2", "ECHO x" → "x". Nobody leads, nobody elects.

export type RingConfig = { readonly peers: readonly EndpointId[] };

const ring = target('ring', 'peer');
const [everyMs, patienceMs] = [100, 300];

const memberAt = (peer: EndpointId): Member => ({ endpoint: peer, kind: 'data' });

/** R is what a peer says of the ring; S is what each peer said last, so that a repeat says nothing new. */
export const adapter: Adapter<RingConfig, string, ReadonlyMap<EndpointId, string>> = {
  contract: 1,
  backend: 'ring',
  config: {
    schema: { properties: { peers: { type: 'array', description: 'Some peers, host:port.' } } },
    parse(input) {
      const { peers: value } = input as { readonly peers?: unknown };
      try {
        if (!Array.isArray(value) || value.length === 0) throw new TypeError('is no list of addresses');
        return { peers: value.map((peer) => endpoint(String(peer))) };
      } catch (cause) {
        const problem = (cause as Error).message;
        throw configError('peers', value, problem, 'Write peers: [127.0.0.1:7001].');
      }
    },
  },

  discover: ({ peers }, runtime) => staticSource('config', 'data', peers)(runtime),

  watch: (member, _config, _pace$, runtime) =>
    new Observable((subscriber) => {
      const stop = new AbortController();
      let cancel = (): void => undefined;
      const ask = async (): Promise<void> => {
        const openedAt = runtime.now();
        const tellSilence = (): void => {
          subscriber.next({ type: 'silent', member, openedAt, forMs: runtime.now() - openedAt });
          cancel = runtime.after(patienceMs, tellSilence);
        };
        cancel = runtime.after(patienceMs, tellSilence);
        const answer = await askLine(runtime, member.endpoint, 'PEERS', stop.signal);
        cancel();
        if (stop.signal.aborted) return;
        if (answer.type === 'ok') subscriber.next({ type: 'said', member, openedAt, reply: answer.value });
        else subscriber.next({ type: 'failed', member, openedAt, reason: answer.failure.type });
        cancel = runtime.after(everyMs, () => void ask());
      };
      void ask();
      return () => {
        stop.abort();
        cancel();
      };
    }),

  rules: {
    init: () => new Map(),
    step(said, input) {
      if (input.type !== 'said' || said.get(input.member.endpoint) === input.reply) {
        return { state: said, observations: [] };
      }
      const { endpoint: peer } = input.member;
      const listed = input.reply.split(' ').map((text) => memberAt(endpoint(text)));
      return {
        state: new Map(said).set(peer, input.reply),
        observations: [
          { type: 'targetSeen', target: ring },
          { type: 'membersSeen', source: peer, isFresh: true, members: listed },
          { type: 'roleSeen', server: peer, shard: ring.shard, role: ring.role },
        ],
      };
    },
  },

  classify: (failure) =>
    failure.type === 'errorReply' ? { type: 'appError', code: failure.code } : classifyLoss(failure),
};

/** In process: asked of whichever peer can answer. An echo may run twice, so a lost answer is asked again. */
export function echo(cluster: Cluster, runtime: Runtime, text: string): Promise<string> {
  return cluster.run(
    {
      name: 'ECHO',
      traits: { isIdempotent: true, isWrite: false, isPinned: false },
      attempt: ({ server }, signal) => askLine(runtime, server, `ECHO ${text}`, signal),
    },
    { target: ring.id, picker: members },
  );
}

/** On localhost: each line a client sends is echoed through the ring, whichever of its peers dies. */
export const gateway: Gateway<RingConfig> = {
  adapter,
  roles: ['peer'],
  open(cluster, _config, runtime) {
    const counters = { lines: 0 };
    return {
      counters,
      async serve(client, { drain }) {
        try {
          for await (const line of createInterface({ input: client, signal: drain })) {
            counters.lines += 1;
            const answer = echo(cluster, runtime, line).catch((error: Error) => `ERROR ${error.message}`);
            client.write(`${await answer}\n`);
          }
        } catch {
          client.destroy();
        }
        client.end();
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  },
};

/** One line out and one line back, on a connection of its own. */
function askLine(runtime: Runtime, peer: EndpointId, line: string, signal: AbortSignal) {
  return new Promise<Attempt<string>>((resolve) => {
    const socket = runtime.connect(peer);
    let type: 'notWritten' | 'connectionLost' = 'notWritten';
    let heard = '';
    const finish = (attempt: Attempt<string>): void => {
      signal.removeEventListener('abort', giveUp);
      socket.destroy();
      resolve(attempt);
    };
    const fail = (reason: string): void => finish({ type: 'failed', failure: { type, reason } });
    const giveUp = (): void => fail('given up');
    signal.addEventListener('abort', giveUp);
    socket.on('error', (error) => fail(error.message)).on('close', () => fail('closed'));
    socket.on('connect', () => {
      type = 'connectionLost';
      socket.write(`${line}\n`);
    });
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString();
      if (heard.endsWith('\n')) finish({ type: 'ok', value: heard.trimEnd() });
    });
  });
}
