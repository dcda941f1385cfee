import { setTimeout as sleep } from 'node:timers/promises';
import type { EndpointId } from '@failover/core';
import type { ForeignProgram } from '@failover/testing';
import type { RabbitTestbed } from '../../../testing/testbed.ts';
import { serve } from '../served.ts';
import type { ForeignClient } from './clients.ts';
import type { Seen } from './seen.ts';
import { createSeen } from './seen.ts';

/** What became of clients of one gateway while their nodes were broken one after the other. */
export interface Story {
  readonly seen: ReadonlyMap<string, Seen>;
  readonly steps: readonly Step[];
  /** Of the gateway, just before the clients were told to end. */
  readonly counters: Readonly<Record<string, number>>;
}

export interface Step {
  readonly fault: string;
  /** Whose connection was to the node that it hit. */
  readonly hit: readonly string[];
  /** ms, by client, in which nothing was confirmed and nothing came. */
  readonly pauses: ReadonlyMap<string, ReturnType<Seen['longestPauses']>>;
}

/** Messages that each client publishes and gets before it counts as well. */
const wellAfter = 50;
/** ms: a queue whose leader hangs is gone for up to 10 s on 4.0, for a minute on 3.10. */
const wellWithinMs = 90_000;
/** ms that a node stands still: long enough to be given up. */
const hangMs = 5_000;

export async function throughFaults(
  bed: RabbitTestbed,
  clients: readonly ForeignClient[],
  now: () => number,
): Promise<Story> {
  await using served = await serve(bed);
  const seen = new Map<string, Seen>();
  const programs: ForeignProgram[] = [];
  for (const { id, client, args } of clients) {
    if (client.type === 'missing') continue;
    const each = createSeen(now);
    seen.set(id, each);
    programs.push(client.start([...args, id, String(served.port)], each.hear));
  }

  /** Each of them publishes and gets new messages. */
  async function areWell(): Promise<void> {
    const goals = [...seen].map(([id, { confirmed, consumed }]) => ({
      id,
      confirmed: confirmed.size + wellAfter,
      consumed: consumed.size + wellAfter,
    }));
    const endAt = now() + wellWithinMs;
    for (;;) {
      const left = goals.filter(({ id, ...goal }) => {
        const each = seen.get(id);
        return (
          each === undefined || each.confirmed.size < goal.confirmed || each.consumed.size < goal.consumed
        );
      });
      if (left.length === 0) return;
      if (now() > endAt)
        throw new Error(`not well after ${wellWithinMs} ms: ${left.map(explain).join('; ')}`);
      await sleep(10);
    }
  }

  function explain({ id }: { readonly id: string }): string {
    const each = seen.get(id);
    return `${id} has ${each?.confirmed.size} confirmed, ${each?.consumed.size} consumed, ${each?.troubles.join(', ')}`;
  }

  const steps: Step[] = [];
  /** Breaks the node that most clients are connected to, unless it is given. */
  async function step(
    fault: string,
    run: (node: EndpointId) => Promise<void>,
    given?: EndpointId,
  ): Promise<void> {
    const places = await clientsByNode(bed, [...seen.keys()]);
    const [busiest] = [...places].sort(([, a], [, b]) => b.length - a.length);
    const node = given ?? busiest?.[0];
    if (node === undefined) throw new Error('no node has a client');
    for (const each of seen.values()) each.longestPauses();
    await run(node);
    await bed.settled();
    await areWell();
    const pauses = new Map([...seen].map(([id, each]) => [id, each.longestPauses()]));
    steps.push({ fault, hit: places.get(node) ?? [], pauses });
  }

  try {
    await areWell();
    await step('kill', async (node) => {
      bed.kill(node);
      await areWell();
      await bed.restart(node);
    });
    await step('hang', async (node) => {
      bed.hang(node);
      await sleep(hangMs);
      bed.resume(node);
    });
    await step('drain', async (node) => {
      await bed.drain(node);
      await areWell();
      await bed.revive(node);
    });
    for (const node of bed.members) await step('restart', (each) => bed.restart(each), node);

    const counters = { ...served.gateway.counters };
    await Promise.all(programs.map((program) => program.finish()));
    return { seen, steps, counters };
  } finally {
    for (const program of programs) program[Symbol.dispose]();
  }
}

/** The node of each client's connection, as the broker says. */
async function clientsByNode(
  bed: RabbitTestbed,
  ids: readonly string[],
): Promise<ReadonlyMap<EndpointId, readonly string[]>> {
  const [any] = bed.members;
  if (any === undefined) throw new Error('no member');
  const lines = (await bed.ctl(any, 'list_connections', 'pid', 'client_properties')).split('\n');
  return new Map(
    [...bed.nodeNames].map(([endpoint, name]) => {
      const here = lines.filter((line) => line.includes(`<${name}.`));
      return [endpoint, ids.filter((id) => here.some((line) => line.includes(`"${id}"`)))];
    }),
  );
}
