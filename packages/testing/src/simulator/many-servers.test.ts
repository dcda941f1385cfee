import { virtualRuntime } from '@failover/core/virtual';
import { describe, expect, it } from 'vitest';
import { createCrowd, crowdTarget } from './many-servers.ts';

describe('ten thousand servers in one process', () => {
  it('are followed through churn: what is believed is what is, and nothing is left behind', async () => {
    const runtime = virtualRuntime({ seed: 11 });
    const crowd = createCrowd(runtime, 10_000);
    const subscription = crowd.cluster.topology$.subscribe();
    runtime.advanceNow(2000);
    for (let second = 0; second < 10; second += 1) {
      crowd.churn(5);
      runtime.advanceNow(1000);
    }
    // Three failures in a row make a server down: three questions, each up to 1.1 s apart.
    runtime.advanceNow(5000);
    const { servers, targets } = crowd.cluster.topology;
    expect(new Set(servers.keys())).toEqual(crowd.members);
    for (const [server, { availability }] of servers) {
      expect([server, availability]).toEqual([server, crowd.dead.has(server) ? 'down' : 'up']);
    }
    expect(targets.get(crowdTarget)?.state).toBe('steady');
    expect(crowd.watched).toBe(10_000);
    subscription.unsubscribe();
    expect(crowd.watched).toBe(0);
    expect(runtime.pendingTimers).toBe(0);
    await crowd.cluster[Symbol.asyncDispose]();
  }, 60_000);

  it('cost nothing for an answer that changes nothing: the description stays the same object', async () => {
    const runtime = virtualRuntime({ seed: 12 });
    const crowd = createCrowd(runtime, 10_000);
    let published = 0;
    const subscription = crowd.cluster.topology$.subscribe(() => (published += 1));
    runtime.advanceNow(3000);
    const before = crowd.cluster.topology;
    const publishedBefore = published;
    runtime.advanceNow(3000);
    expect(crowd.cluster.topology).toBe(before);
    expect(published).toBe(publishedBefore);
    subscription.unsubscribe();
    await crowd.cluster[Symbol.asyncDispose]();
  }, 60_000);
});
