import type { EndpointId, FailoverEvent } from '@failover/core';
import { claimHolder, targetId } from '@failover/core';
import { afterEach, describe, expect, it } from 'vitest';
import type { FailoverRedis } from './client/create-client.ts';
import { createClient } from './client/create-client.ts';
import { untilWith } from './test-kit/until.ts';
import type { RedisTestbed } from './testing/index.ts';
import { launchCluster } from './testing/index.ts';

/** A client on one name of the testbed, and what it was told. */
interface Followed {
  readonly client: FailoverRedis;
  readonly events: readonly FailoverEvent[];
  holder(): EndpointId | undefined;
  state(): string | undefined;
}

let bed: RedisTestbed;
let followed: Followed[] = [];

afterEach(async () => {
  await Promise.all(followed.map(({ client }) => client.close()));
  followed = [];
  await bed[Symbol.asyncDispose]();
});

async function follow(name: string): Promise<Followed> {
  const client = createClient(bed.configOf(name));
  const events: FailoverEvent[] = [];
  client.events$.subscribe((event) => events.push(event));
  const primary = () => client.topology.targets.get(targetId(name, 'primary'));
  const it: Followed = {
    client,
    events,
    holder: () => {
      const claim = primary()?.claim;
      return claim === undefined ? undefined : claimHolder(claim);
    },
    state: () => primary()?.state,
  };
  followed.push(it);
  await until(it, () => it.state() === 'steady');
  return it;
}

const until = (it: Followed, condition: () => boolean): Promise<void> =>
  untilWith(() => it.events)(condition);

function accepted(it: Followed, strength: 'provisional' | 'confirmed'): readonly EndpointId[] {
  return it.events.flatMap((event) =>
    event.type === 'claimAccepted' && event.strength === strength ? [event.server] : [],
  );
}

function holderOf(it: Followed): EndpointId {
  const holder = it.holder();
  if (holder === undefined) throw new Error('there is no primary');
  return holder;
}

describe('the two runs in which a successor does not last, on real Sentinels', () => {
  it('leaves a successor that is turned back at epoch 0, and uses the old primary again', async () => {
    bed = await launchCluster();
    const it = await follow(bed.name);
    const old = holderOf(it);
    bed.hang(old);
    await until(it, () => accepted(it, 'provisional').length === 1);
    const leader = bed.killSentinel('leading');
    await until(it, () => it.events.some((event) => event.type === 'claimWithdrawn'));
    bed.resume(old);
    await until(it, () => it.state() === 'steady' && it.holder() === (old as string));
    expect(it.client.topology.targets.get(targetId(bed.name, 'primary'))?.claim).toMatchObject({
      type: 'confirmed',
      epoch: [0, 0],
    });
    expect(await it.client.redis.set('after', 'it')).toBe('OK');
    await bed.restart(leader);
  });

  it('follows another replica when only the leading Sentinel dies before it tells anybody', async () => {
    bed = await launchCluster();
    const it = await follow(bed.name);
    const old = holderOf(it);
    bed.kill(old);
    await until(it, () => accepted(it, 'provisional').length === 1);
    const [first] = accepted(it, 'provisional');
    bed.killSentinel('leading');
    await until(it, () => it.events.some((event) => event.type === 'claimWithdrawn'));
    // Whom the next election chooses is the Sentinels' affair; that it is confirmed and answers is ours.
    await until(it, () => it.state() === 'steady' && accepted(it, 'confirmed').length >= 2);
    await expect.poll(() => bed.primary()).toBe(accepted(it, 'confirmed').at(-1));
    expect(first).not.toBe(old);
    expect(await it.client.redis.set('after', 'it')).toBe('OK');
  });
});

describe('two masters of the same Sentinels', () => {
  it('that die together are each followed to their own successor', async () => {
    bed = await launchCluster({ names: ['orders', 'sessions'] });
    const names = ['orders', 'sessions'] as const;
    const both = await Promise.all(names.map(follow));
    const olds = both.map(holderOf);
    for (const old of olds) bed.kill(old);
    await Promise.all(
      both.map((it, at) => until(it, () => it.state() === 'steady' && it.holder() !== olds[at])),
    );
    for (const [at, it] of both.entries()) {
      const name = names[at] ?? 'orders';
      expect(bed.groups.get(name)).toContain(it.holder());
      expect(await it.client.redis.set('mine', name)).toBe('OK');
      expect(it.events.some((event) => event.type === 'claimAccepted' && event.server === olds[1 - at])).toBe(
        false,
      );
    }
    expect(await both[0]?.client.redis.get('mine')).toBe('orders');
    expect(await both[1]?.client.redis.get('mine')).toBe('sessions');
  });
});
