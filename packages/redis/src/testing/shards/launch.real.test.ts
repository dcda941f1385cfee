import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endpoint, type EndpointId } from '@failover/core';
import { keySlot } from '../../protocol/key-slot.ts';
import { textOf } from '../../protocol/value.ts';
import { findFlavour } from '../find-server.ts';
import { seeRole } from '../inspect.ts';
import { launchShards } from './launch.ts';
import type { ShardsTestbed } from './shards-testbed.ts';

// One launch for all: each test goes on from where the one before it ended. And one way to lose a primary for each
// flavour: an election takes 2 to 3 s.
for (const [flavour, way] of [
  ['redis', 'kill'],
  ['valkey', 'hang'],
] as const) {
  const search = await findFlavour(flavour);
  if (search.type === 'missing')
    console.warn(`SKIPPED on ${flavour}: ${search.reason}. Cure: ${search.cure}`);

  describe.skipIf(search.type === 'missing')(`launched shards of ${flavour}`, () => {
    let testbed: ShardsTestbed;
    let launchMs = 0;

    beforeAll(async () => {
      const start = performance.now();
      testbed = await launchShards({
        server: search.type === 'found' ? search.server : undefined,
        password: 'secret',
      });
      launchMs = performance.now() - start;
    }, 30_000);
    afterAll(() => testbed?.[Symbol.asyncDispose]());

    /** The reply in words, an error's too. */
    async function said(node: EndpointId, ...command: string[]): Promise<string | undefined> {
      const reply = await testbed.ask(node, ...command);
      return reply.type === 'error' ? reply.text : textOf(reply);
    }

    it('settle within 10 s, each with a part of the slots and a replica', async () => {
      // 2 to 4 s on a quiet machine.
      expect(launchMs).toBeLessThan(10_000);
      const [a, b, c, ...replicas] = testbed.nodes;
      expect(await testbed.shards()).toMatchObject([
        { primary: a, replicas: [replicas[0]], slots: [[0, 5460]] },
        { primary: b, replicas: [replicas[1]], slots: [[5461, 10922]] },
        { primary: c, replicas: [replicas[2]], slots: [[10923, 16383]] },
      ]);
      expect(await testbed.primaryOf('foo')).toBe(await testbed.primaryOf(12_182));
      expect(testbed.config).toEqual({ cluster: testbed.nodes, password: 'secret' });
    });

    it('say ASK in the middle of a move, MOVED behind its end, and lose no key', async () => {
      const [from, to] = testbed.nodes as Six;
      const slot = keySlot(Buffer.from('bar'));
      const keys = ['{bar}1', '{bar}2', '{bar}3'];
      for (const key of keys) expect(await said(from, 'SET', key, key)).toBe('OK');

      await testbed.beginMove(slot, to);
      expect(await testbed.migrateKeys(slot, to, 2)).toBe(2);
      const answers = await Promise.all(keys.map((key) => said(from, 'GET', key)));
      expect(answers.filter((answer) => answer === `ASK ${slot} ${to}`)).toHaveLength(2);
      expect(keys).toEqual(expect.arrayContaining(answers.filter((answer) => !answer?.startsWith('ASK'))));
      expect(await testbed.primaryOf(slot)).toBe(from);
      await expect(testbed.endMove(slot, to)).rejects.toThrow(/still has keys/);

      expect(await testbed.migrateKeys(slot, to)).toBe(1);
      await testbed.endMove(slot, to);
      expect(await said(from, 'GET', '{bar}1')).toBe(`MOVED ${slot} ${to}`);
      expect(await Promise.all(keys.map((key) => said(to, 'GET', key)))).toEqual(keys);
      await testbed.settled();
      expect(await testbed.primaryOf('bar')).toBe(to);
    });

    it('reshard many slots at once', async () => {
      const [, , to] = testbed.nodes as Six;
      await testbed.moveSlots(
        Array.from({ length: 100 }, (_, slot) => slot),
        to,
      );
      await testbed.settled();
      expect(await testbed.primaryOf(99)).toBe(to);
      expect(await testbed.primaryOf(100)).toBe(testbed.nodes[0]);
    });

    it(`have a replica take over when it is told to, and after a ${way}, and take the old primary back`, async () => {
      const [a, b, c, replicaOfA, replicaOfB, replicaOfC] = testbed.nodes as Six;
      await testbed.failover(replicaOfA);
      expect((await seeRole(testbed.runtime, replicaOfA, 'secret')).type).toBe('master');

      testbed[way](b);
      expect(testbed.isRunning(b)).toBe(false);
      await expect(testbed.ask(b, 'PING')).rejects.toThrow();
      await testbed.settled();
      const primaries = (await testbed.shards()).map(({ primary }) => primary);
      expect(new Set(primaries)).toEqual(new Set([replicaOfA, replicaOfB, c]));

      if (way === 'kill') await testbed.restart(b);
      else testbed.resume(b);
      await testbed.settled();
      const followers = { [a]: replicaOfA, [b]: replicaOfB, [replicaOfC]: c };
      for (const [node, of] of Object.entries(followers)) {
        const role = await seeRole(testbed.runtime, endpoint(node), 'secret');
        expect(role).toMatchObject({ type: 'slave', of });
      }
    });
  });
}

type Six = [EndpointId, EndpointId, EndpointId, EndpointId, EndpointId, EndpointId];
