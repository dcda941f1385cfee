import type { EndpointId, Ms, Runtime } from '@failover/core';
import { launchEmbedded } from '../embedded/launch-embedded.ts';
import { findServer, type FoundServer } from '../find-server.ts';
import { launchCluster } from '../launch.ts';
import { TestbedError, type RedisTestbed } from '../testbed.ts';
import { judge } from './judge.ts';
import { startLoad } from './load.ts';
import { startProber, type Prober } from './prober.ts';

const whyServersLose =
  'Redis answers before it copies to its replicas: what it acknowledged in its last moment died with it.';

/** What `failover demo redis` plays: a primary that dies, then one that hangs. */
export const demo = {
  async find() {
    const server = await findServer();
    return {
      name: `${server.kind} ${server.version} (${server.how})`,
      isDouble: server.kind === 'embedded',
      words: { leader: 'primary', operations: 'commands', writes: 'writes' },
      parts: 'three servers and three Sentinels',
      start: async (runtime: Runtime) => {
        const testbed = await launch(server, runtime);
        await testbed.settled();
        return createDemo(testbed);
      },
    };
  },
};

function launch(server: FoundServer, runtime: Runtime): Promise<RedisTestbed> {
  if (server.kind === 'embedded') return launchEmbedded({ runtime, how: server.how });
  return launchCluster({ server, runtime });
}

function createDemo(testbed: RedisTestbed) {
  const faultsAt: Ms[] = [];

  function act(
    name: string,
    title: string,
    hurt: 'kill' | 'hang',
    heal: (server: EndpointId) => Promise<void>,
  ) {
    let broken: EndpointId | undefined;
    return {
      name,
      title,
      async inject() {
        const primary = await testbed.primary();
        if (primary === undefined) throw new TestbedError('there is no primary to break');
        broken = primary;
        const at = testbed.runtime.now();
        faultsAt.push(at);
        testbed[hurt](primary);
        return { server: primary, at };
      },
      async heal() {
        if (broken === undefined) return;
        await heal(broken);
        await testbed.settled();
      },
    };
  }

  return {
    config: { ...testbed.config },
    acts: [
      act('kill', 'kill -9 on the primary: its connections break', 'kill', (server) =>
        testbed.restart(server),
      ),
      act('hang', 'the primary hangs: it accepts connections and answers nothing', 'hang', async (server) => {
        testbed.resume(server);
      }),
    ],
    startProber: () => startProber(testbed),
    startLoad(port: number, prober: Prober) {
      const load = startLoad(testbed.runtime, port);
      return {
        clients: load.clients,
        does: 'write, count and read',
        get counts() {
          return load.counts;
        },
        acknowledgedAt: [load.acknowledgedAt],
        stop: () => load.stop(),
        async judge() {
          const verdict = await judge(testbed, load.history, await prober.stop(), faultsAt);
          return {
            lostByUs: verdict.lost.byUs.count,
            lostByServers: verdict.lost.byBackend.count,
            whyServersLose,
            doubled: verdict.doubled.silently.count,
            failures: verdict.failures,
          };
        },
      };
    },
    [Symbol.asyncDispose]: () => testbed[Symbol.asyncDispose](),
  };
}
