import { performance } from 'node:perf_hooks';
import type { EndpointId } from '@failover/core';
import { targetId } from '@failover/core';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RealGateway } from '../gateway/test-kit/real-gateway.ts';
import { openRealGateway, until } from '../gateway/test-kit/real-gateway.ts';
import { rejoin } from '../testing/index.ts';
import { createClient } from './create-client.ts';
import type { FailoverRedis } from './open-client.ts';
import type { QueueLoad } from './test-kit/queue-load.ts';
import { startQueueLoad } from './test-kit/queue-load.ts';

let real: RealGateway;
let client: FailoverRedis;
let direct: Redis;
let loads: { readonly inProcess: QueueLoad; readonly gateway: QueueLoad };
const t0 = performance.now();
const say = (...w: unknown[]) => console.log(Math.round(performance.now() - t0), ...w);

async function failover(fault: () => void | Promise<void>): Promise<EndpointId> {
  const before = await real.bed.primary();
  if (before === undefined) throw new Error('the testbed has no primary');
  await fault();
  const isElsewhere = () => {
    const claim = client.topology.targets.get(targetId(real.bed.name, 'primary'))?.claim;
    return claim !== undefined && 'server' in claim && claim.server !== before;
  };
  await until(() => isElsewhere() && real.hasSuccessorOf(before));
  return before;
}
const progress = async (n: number) => {
  const at = [loads.inProcess, loads.gateway].map((l) => l.completed.size);
  await until(() => [loads.inProcess, loads.gateway].every((l, i) => l.completed.size > at[i]! + n));
};

beforeAll(async () => {
  real = await openRealGateway();
  client = createClient({ ...real.bed.config, downAfterMs: 1000 });
  direct = new Redis({ port: real.ports.primary, maxRetriesPerRequest: null });
  say('launched');
  loads = { inProcess: await startQueueLoad('a', client.redis), gateway: await startQueueLoad('b', direct) };
  await progress(200);
  const faults: [string, number][] = [];
  const { bed } = real;
  const p0 = (await bed.primary())!;
  say('kill'); faults.push(['kill', performance.now()]);
  await failover(() => bed.kill(p0));
  say('over');
  await progress(100);
  await bed.restart(p0); await rejoin(bed, p0); say('rejoined'); await bed.settled();
  await progress(50);
  const p1 = (await bed.primary())!;
  say('hang'); faults.push(['hang', performance.now()]);
  await failover(() => bed.hang(p1));
  say('over');
  await progress(100);
  bed.resume(p1); await rejoin(bed, p1); say('rejoined'); await bed.settled();
  await progress(50);
  say('force'); faults.push(['force', performance.now()]);
  await failover(() => bed.forceFailover());
  say('over');
  await progress(100);
  say(loads.inProcess.added.size, loads.gateway.added.size);
  await Promise.all(Object.values(loads).map((l) => l.produced(2000)));
  say('produced');
  for (const l of Object.values(loads)) {
    try { await until(async () => (await l.stored()).pending === 0); } catch (e) { say(e); }
  }
  say('drained');
  for (const [name, l] of Object.entries(loads)) {
    const s = await l.stored();
    const rel = (t: number) => faults.map(([n, at]) => `${n}${Math.round(t - at)}`).join(' ');
    say(name, { closed: l.closed, added: l.added.size, ran: l.ran.size, stalled: [...l.stalled], heard: l.heard.size,
      stored: s.completed.size, failed: [...s.failed], pending: s.pending,
      again: l.addedAgain, errors: l.errors,
      lost: [...l.added].filter(([id]) => !s.completed.has(id) && !s.failed.has(id)).map(([id, at]) => [id, l.ran.get(id)?.length, rel(at)]),
      twice: [...l.ran].filter(([, r]) => r.length > 1).map(([id, r]) => [id, r.map(rel), l.completed.get(id)?.map(rel)]),
      accepted: real.accepted,
    });
  }
}, 90_000);
afterAll(async () => {
  for (const l of Object.values(loads)) await l[Symbol.asyncDispose]();
  await client.close();
  direct.disconnect();
  await real[Symbol.asyncDispose]();
  say('closed');
}, 60_000);

describe('x', () => { it('y', () => { expect(1).toBe(1); }); });
