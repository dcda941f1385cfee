import type { EndpointId } from '@failover/core';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../test-kit/until.ts';
import { flipReadOnly, killClients, load, rejoin, runLongScript, sleep } from './faults.ts';
import { findFlavour, type LaunchOptions } from './index.ts';
import { seeMaster, seeRole } from './inspect.ts';
import { launchCluster, launchReplication } from './launch.ts';
import { connectResp } from './resp-client.ts';
import type { RedisTestbed } from './testbed.ts';

const opened: RedisTestbed[] = [];
afterEach(async () => {
  for (const testbed of opened.splice(0)) await testbed[Symbol.asyncDispose]();
});

/** What a server answers, or that it is silent. */
async function said(testbed: RedisTestbed, server: EndpointId, ...command: string[]): Promise<string> {
  const reply = await testbed.ask(server, ...command).catch(() => undefined);
  return reply === undefined ? 'silent' : reply.type === 'error' ? reply.text : reply.type;
}

for (const flavour of ['redis', 'valkey'] as const) {
  const search = await findFlavour(flavour);
  if (search.type === 'missing')
    console.warn(`SKIPPED on ${flavour}: ${search.reason}. Cure: ${search.cure}`);

  describe.skipIf(search.type === 'missing')(`a launched ${flavour}`, () => {
    async function launch(options: LaunchOptions = {}): Promise<RedisTestbed> {
      const server = search.type === 'found' ? search.server : undefined;
      const testbed = await launchCluster({ ...options, server });
      opened.push(testbed);
      return testbed;
    }

    it('settles, and all Sentinels see all', async () => {
      const testbed = await launch();
      expect(testbed.kind).toBe(flavour);
      expect(await testbed.primary()).toBe(testbed.servers[0]);
      for (const sentinel of testbed.sentinels) {
        const seen = await seeMaster(testbed.runtime, sentinel, testbed.name);
        expect(seen).toMatchObject({ address: testbed.servers[0], otherSentinels: 2 });
        expect(seen.type === 'master' && seen.replicas.length).toBe(2);
      }
    });

    it('fails over when the primary is killed, and takes it back as a replica', async () => {
      const testbed = await launch();
      const killed = testbed.servers[0] as EndpointId;
      testbed.kill(killed);
      expect(testbed.isRunning(killed)).toBe(false);
      await testbed.settled();
      const successor = await testbed.primary();
      expect(successor).not.toBe(killed);
      expect(testbed.sentinels).toContain(testbed.leadingSentinel());
      await testbed.restart(killed);
      await rejoin(testbed, killed);
      await testbed.settled();
      expect(await seeRole(testbed.runtime, killed)).toMatchObject({ type: 'slave', of: successor });
    });

    it('fails over when the primary hangs: it accepts and answers nothing until it goes on', async () => {
      const testbed = await launch();
      const hung = testbed.servers[0] as EndpointId;
      testbed.hang(hung);
      expect(await said(testbed, hung, 'PING')).toBe('silent');
      await testbed.settled();
      expect(await testbed.primary()).not.toBe(hung);
      testbed.resume(hung);
      await until(async () => (await said(testbed, hung, 'PING')) !== 'silent');
    });

    it('watches two masters by the same Sentinels, and tells who led which election', async () => {
      const testbed = await launch({ names: ['a', 'b'], servers: 2 });
      const [a, b] = [await testbed.primary('a'), await testbed.primary('b')];
      await testbed.forceFailover('b');
      expect(testbed.leadingSentinel('a')).toBeUndefined();
      await until(
        async () => (await testbed.primary('b')) !== undefined && (await testbed.primary('b')) !== b,
      );
      expect(testbed.leadingSentinel('b')).toBeDefined();
      expect(await testbed.primary('a')).toBe(a);
    });

    it('asks for a password, and gives it to replicas and Sentinels', async () => {
      const testbed = await launch({ password: 'secret' });
      expect(testbed.config).toMatchObject({ password: 'secret' });
      const stranger = connectResp(testbed.runtime, testbed.servers[0] as EndpointId);
      expect(await stranger.send(['GET', 'k'])).toMatchObject({ text: 'NOAUTH Authentication required.' });
      stranger.close();
      await testbed.forceFailover();
      await until(async () => (await testbed.primary()) !== testbed.servers[0]);
    });

    it('follows no Sentinel in plain replication', async () => {
      const testbed = await launchReplication({
        server: search.type === 'found' ? search.server : undefined,
      });
      opened.push(testbed);
      expect(testbed.config).toEqual({ name: 'redis', servers: testbed.servers });
      expect(await testbed.primary()).toBe(testbed.servers[0]);
      testbed.kill(testbed.servers[0] as EndpointId);
      expect(await testbed.primary()).toBeUndefined();
    });

    it('breaks in the ways that only Redis can', async () => {
      const testbed = await launch({ downAfterMs: 30_000 });
      const server = testbed.servers[0] as EndpointId;

      const client = connectResp(testbed.runtime, server);
      await client.send(['PING']);
      expect(await killClients(testbed, server)).toBeGreaterThan(0);
      await client.closed;

      const heal = await flipReadOnly(testbed, server);
      expect(await said(testbed, server, 'SET', 'k', 'v')).toMatch(/^READONLY/);
      await heal();
      expect(await said(testbed, server, 'SET', 'k', 'v')).toBe('simple');

      const sleeping = sleep(testbed, server, 2_500);
      await until(async () => (await said(testbed, server, 'PING')) === 'silent');
      await sleeping;
      expect(await said(testbed, server, 'PING')).toBe('simple');

      const running = runLongScript(testbed, server, 1_500, 100);
      await until(async () => (await said(testbed, server, 'GET', 'k')).startsWith('BUSY'));
      await running;

      const loading = load(testbed, server, 1_000);
      await until(async () => (await said(testbed, server, 'GET', 'k')).startsWith('LOADING'));
      await loading;
      expect(await said(testbed, server, 'GET', 'k')).toBe('bulk');
    });
  });
}
