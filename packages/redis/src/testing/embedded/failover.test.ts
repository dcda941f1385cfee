import type { EndpointId } from '@failover/core';
import { afterEach, describe, expect, it } from 'vitest';
import { itemsOf, textOf } from '../../protocol/value.ts';
import { seeMaster, seeRole } from '../inspect.ts';
import { connectResp } from '../resp-client.ts';
import { launchVirtual, type VirtualOptions, type VirtualTestbed } from './launch-virtual.ts';

const opened: VirtualTestbed[] = [];
afterEach(async () => {
  for (const testbed of opened.splice(0)) await testbed[Symbol.asyncDispose]();
});

async function launch(options: VirtualOptions): Promise<VirtualTestbed> {
  const testbed = await launchVirtual(options);
  opened.push(testbed);
  return testbed;
}

interface Timed {
  readonly at: number;
  readonly sentinel: EndpointId;
  readonly event: string;
  readonly text: string;
}

/** Events from now on, in ms from now. */
function record(testbed: VirtualTestbed): Timed[] {
  const start = testbed.runtime.now();
  const events: Timed[] = [];
  testbed.onSentinelEvent((event) => events.push({ ...event, at: testbed.runtime.now() - start }));
  return events;
}

async function primaryOf(testbed: VirtualTestbed, name?: string): Promise<EndpointId> {
  const primary = await testbed.until(testbed.primary(name));
  if (primary === undefined) throw new Error('no primary');
  return primary;
}

async function happens(
  testbed: VirtualTestbed,
  events: readonly Timed[],
  event: string,
  limitMs = 60_000,
): Promise<Timed> {
  await testbed.runtime.until(() => events.some((one) => one.event === event), limitMs);
  return events.find((one) => one.event === event) as Timed;
}

// Minutes of virtual time take seconds on a busy machine.
describe('failover of doubles', { timeout: 60_000 }, () => {
  it.each([1, 2, 3, 4, 5])('takes the time that Redis takes after a kill (seed %i)', async (seed) => {
    const testbed = await launch({ seed });
    const killed = await primaryOf(testbed);
    const events = record(testbed);
    testbed.kill(killed);
    const at = async (event: string): Promise<number> => (await happens(testbed, events, event)).at;
    // Measured on Redis 7.0: 1065–1115, 1329, 2197, 2265. A tick is 53 to 100 ms.
    expect(await at('+sdown')).toBeGreaterThan(1_000);
    expect(await at('+sdown')).toBeLessThan(1_250);
    expect(await at('+selected-slave')).toBeLessThan(1_700);
    const promotedAfter = (await at('+promoted-slave')) - (await at('+selected-slave'));
    expect(promotedAfter).toBeGreaterThan(500);
    expect(promotedAfter).toBeLessThan(1_300);
    expect((await at('+switch-master')) - (await at('+promoted-slave'))).toBeLessThan(150);
    await testbed.until(testbed.settled());
    expect(await primaryOf(testbed)).not.toBe(killed);
  });

  it('promotes the selected replica long before it is announced, with its clients closed', async () => {
    const testbed = await launch({ seed: 3 });
    const events = record(testbed);
    testbed.kill(await primaryOf(testbed));
    const selected = (await happens(testbed, events, '+selected-slave')).text.split(' ')[1] as EndpointId;
    const client = connectResp(testbed.runtime, selected);
    await testbed.until(client.send(['PING']));
    await testbed.runtime.until(() => client.isClosed, 1_000);
    expect((await testbed.until(seeRole(testbed.runtime, selected))).type).toBe('master');
    expect(events.some(({ event }) => event === '+promoted-slave')).toBe(false);
  });

  it('gives the same events for the same seed, and others for another', async () => {
    const run = async (seed: number): Promise<string> => {
      const testbed = await launch({ seed });
      const events = record(testbed);
      testbed.hang(await primaryOf(testbed));
      await testbed.runtime.advance(8_000);
      return events.map(({ at, sentinel, event, text }) => `${at} ${sentinel} ${event} ${text}`).join('\n');
    };
    const first = await run(11);
    expect(first).toContain('+switch-master');
    expect(await run(11)).toBe(first);
    expect(await run(12)).not.toBe(first);
  });

  it('turns a hung primary into a replica 8 to 12 s after it goes on', async () => {
    const testbed = await launch({ seed: 5 });
    const hung = await primaryOf(testbed);
    testbed.hang(hung);
    await testbed.until(testbed.settled());
    const events = record(testbed);
    testbed.resume(hung);
    expect((await testbed.until(seeRole(testbed.runtime, hung))).type).toBe('master');
    const turned = await happens(testbed, events, '+convert-to-slave');
    expect(turned.at).toBeGreaterThan(8_000);
    expect(turned.at).toBeLessThan(20_000);
    await testbed.until(testbed.settled());
  });

  it('answers late what it was asked while it hung', async () => {
    const testbed = await launch({ seed: 6, sentinels: 0 });
    const [server] = testbed.servers as [EndpointId];
    const client = connectResp(testbed.runtime, server);
    await testbed.until(client.send(['SET', 'k', 'before']));
    testbed.hang(server);
    const late = client.send(['SET', 'k', 'after'], 60_000);
    const fresh = connectResp(testbed.runtime, server);
    const waiting = fresh.send(['GET', 'k'], 60_000);
    await testbed.runtime.advance(3_000);
    testbed.resume(server);
    expect(textOf(await testbed.until(late))).toBe('OK');
    expect(textOf(await testbed.until(waiting))).toBe('after');
  });

  it('loses what was acknowledged and not yet replicated when it is killed', async () => {
    const testbed = await launch({ seed: 7, replicationDelayMs: 5 });
    const killed = await primaryOf(testbed);
    const client = connectResp(testbed.runtime, killed);
    await testbed.until(client.send(['RPUSH', 'list', 'kept']));
    await testbed.runtime.advance(50);
    await testbed.until(client.send(['RPUSH', 'list', 'lost']));
    testbed.kill(killed);
    await testbed.until(testbed.settled());
    const list = await testbed.until(testbed.ask(await primaryOf(testbed), 'LRANGE', 'list', '0', '-1'));
    expect(itemsOf(list)?.map(textOf)).toEqual(['kept']);
  });

  it('turns the successor back if the leading Sentinel dies and the old primary goes on', async () => {
    const testbed = await launch({ seed: 8 });
    const hung = await primaryOf(testbed);
    const events = record(testbed);
    testbed.hang(hung);
    const { text, sentinel } = await happens(testbed, events, '+failover-state-wait-promotion');
    const successor = text.split(' ')[1] as EndpointId;
    await testbed.runtime.advance(200);
    expect((await testbed.until(seeRole(testbed.runtime, successor))).type).toBe('master');
    expect(testbed.killSentinel('leading')).toBe(sentinel);
    testbed.resume(hung);
    const turnedBack = await happens(testbed, events, '+convert-to-slave');
    expect(turnedBack.text).toContain(successor);
    await testbed.runtime.advance(2_000);
    expect((await testbed.until(seeRole(testbed.runtime, successor))).type).toBe('slave');
    for (const witness of testbed.sentinels) {
      if (!testbed.isRunning(witness)) continue;
      const seen = await testbed.until(seeMaster(testbed.runtime, witness, testbed.name));
      expect(seen).toMatchObject({ address: hung, configEpoch: 0 });
    }
  });

  it('elects again after twice the timeout if the leading Sentinel dies, with a higher epoch', async () => {
    const testbed = await launch({ seed: 9 });
    const events = record(testbed);
    testbed.kill(await primaryOf(testbed));
    const first = await happens(testbed, events, '+failover-state-wait-promotion');
    await testbed.runtime.advance(200);
    testbed.killSentinel('leading');
    const isSecond = ({ event, sentinel }: Timed): boolean =>
      event === '+selected-slave' && sentinel !== first.sentinel;
    await testbed.runtime.until(() => events.some(isSecond), 30_000);
    const second = events.find(isSecond) as Timed;
    expect(second.at - first.at).toBeGreaterThan(8_000);
    // The first successor is master already and is no candidate any more: the writes that it took are lost.
    expect(second.text.split(' ')[1]).not.toBe(first.text.split(' ')[1]);
    await testbed.runtime.advance(5_000);
    const [witness] = testbed.sentinels.filter((one) => testbed.isRunning(one)) as [EndpointId];
    const seen = await testbed.until(seeMaster(testbed.runtime, witness, testbed.name));
    expect(seen).toMatchObject({ type: 'master', address: second.text.split(' ')[1] });
    expect(seen.type === 'master' && seen.configEpoch).toBeGreaterThan(1);
  });

  it('fails over two masters of the same Sentinels that die together', async () => {
    const testbed = await launch({ seed: 10, names: ['a', 'b'] });
    const [a, b] = [await primaryOf(testbed, 'a'), await primaryOf(testbed, 'b')];
    testbed.kill(a);
    testbed.kill(b);
    await testbed.until(testbed.settled());
    expect(testbed.groups.get('a')).toContain(await primaryOf(testbed, 'a'));
    expect(testbed.groups.get('b')).toContain(await primaryOf(testbed, 'b'));
    expect([a, b]).not.toContain(await primaryOf(testbed, 'a'));
    expect([a, b]).not.toContain(await primaryOf(testbed, 'b'));
  });

  it('fails over by hand, and refuses a second time while it goes on', async () => {
    const testbed = await launch({ seed: 13 });
    const before = await primaryOf(testbed);
    const [sentinel] = testbed.sentinels as [EndpointId];
    await testbed.until(testbed.forceFailover());
    expect(await testbed.until(testbed.ask(sentinel, 'SENTINEL', 'FAILOVER', 'mymaster'))).toEqual({
      type: 'error',
      text: 'INPROG Failover already in progress',
    });
    await testbed.until(testbed.settled());
    expect(await primaryOf(testbed)).not.toBe(before);
    expect(testbed.leadingSentinel()).toBe(sentinel);
  });

  it('does nothing without a quorum, and nothing in TILT', async () => {
    const testbed = await launch({ seed: 14 });
    const primary = await primaryOf(testbed);
    const events = record(testbed);
    for (const sentinel of testbed.sentinels) testbed.tilt(sentinel);
    testbed.kill(primary);
    await testbed.runtime.advance(25_000);
    expect(events.map(({ event }) => event)).toEqual(['+tilt', '+tilt', '+tilt']);
    testbed.killSentinel('any');
    testbed.killSentinel('any');
    await testbed.runtime.advance(30_000);
    const last = new Set(events.map(({ event }) => event));
    expect(last.has('+sdown')).toBe(true);
    expect(last.has('+odown')).toBe(false);
  });

  it('remembers across a restart, and forgets when it is set up anew', async () => {
    const testbed = await launch({ seed: 15 });
    await testbed.until(testbed.forceFailover());
    await testbed.until(testbed.settled());
    const primary = await primaryOf(testbed);
    const [sentinel] = testbed.sentinels as [EndpointId];
    const id = textOf(await testbed.until(testbed.ask(sentinel, 'SENTINEL', 'MYID')));
    await testbed.until(testbed.restart(sentinel));
    expect(textOf(await testbed.until(testbed.ask(sentinel, 'SENTINEL', 'MYID')))).toBe(id);
    expect(await testbed.until(seeMaster(testbed.runtime, sentinel, 'mymaster'))).toMatchObject({
      address: primary,
      configEpoch: 1,
    });
    for (const witness of testbed.sentinels) {
      await testbed.until(testbed.redeploySentinel(witness, new Map([['mymaster', primary]])));
    }
    await testbed.until(testbed.settled());
    expect(textOf(await testbed.until(testbed.ask(sentinel, 'SENTINEL', 'MYID')))).not.toBe(id);
    expect(await testbed.until(seeMaster(testbed.runtime, sentinel, 'mymaster'))).toMatchObject({
      configEpoch: 0,
    });
  });

  it('holds what is sent into a black hole until that heals', async () => {
    const testbed = await launch({ seed: 16, sentinels: 0 });
    const [server] = testbed.servers as [EndpointId];
    const client = connectResp(testbed.runtime, server);
    await testbed.until(client.send(['PING']));
    const heal = testbed.blackHole(server);
    let isAnswered = false;
    const asked = client.send(['INCR', 'n'], 60_000).then(() => (isAnswered = true));
    await testbed.runtime.advance(5_000);
    expect(isAnswered).toBe(false);
    heal();
    await testbed.until(asked);
  });
});
