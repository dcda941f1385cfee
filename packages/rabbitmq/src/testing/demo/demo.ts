import type { EndpointId, Runtime } from '@failover/core';
import { connectAmqp } from '../amqp-client.ts';
import { launchEmbedded } from '../embedded/launch-embedded.ts';
import { launchCluster } from '../launch.ts';
import { TestbedError, type RabbitTestbed } from '../testbed.ts';
import { keyQueue } from '../workload.ts';
import { chooseServers, type ChosenServers } from './choose-servers.ts';
import { judge } from './judge.ts';
import { createLedger, queue } from './ledger.ts';
import { startLoad } from './load.ts';
import { startProber, type Prober } from './prober.ts';

/** ms between a node's return and the next fault: its failure detectors look every 5 s. */
const calmMs = 6_000;

const whyServersLose = 'They had confirmed these messages to the prober, without us between them.';

/** What `failover demo rabbitmq` plays: a node that dies, then one that hangs. */
export const demo = {
  async find() {
    const chosen = await chooseServers();
    return {
      name:
        chosen.kind === 'real'
          ? `RabbitMQ ${chosen.server.version} (${chosen.server.how})`
          : `embedded double (${chosen.how})`,
      isDouble: chosen.kind === 'embedded',
      words: { leader: 'leader of the queue', operations: 'messages', writes: 'messages' },
      parts: 'three nodes with a quorum queue',
      start: async (runtime: Runtime) => {
        const testbed = await launch(chosen, runtime);
        await declare(testbed);
        await testbed.settled();
        return createDemo(testbed);
      },
    };
  },
};

function launch(chosen: ChosenServers, runtime: Runtime): Promise<RabbitTestbed> {
  if (chosen.kind === 'embedded') return launchEmbedded({ runtime, how: chosen.how });
  return launchCluster({ server: chosen.server, runtime });
}

async function declare(testbed: RabbitTestbed): Promise<void> {
  const [node] = testbed.members;
  if (node === undefined) throw new TestbedError('there is no node');
  const client = await connectAmqp(testbed.runtime, node);
  const channel = await client.openChannel();
  await channel.rpc('queue.declare', { queue, ...keyQueue });
  await client.close();
}

/** Until 4.0 RabbitMQ itself waits for a hung leader for a minute: nothing that a demo could wait for. */
const mayHangLeader = ({ kind, version }: RabbitTestbed): boolean =>
  kind === 'embedded' || Number(version.split('.')[0]) >= 4;

function createDemo(testbed: RabbitTestbed) {
  const ledger = createLedger(testbed);
  const problems: string[] = [];
  const broken = new Set<EndpointId>();
  let isWhole = Promise.resolve();
  let wholeSince = -Infinity;

  async function leader(): Promise<EndpointId> {
    const found = await testbed.queueLeader(queue);
    if (found === undefined) throw new TestbedError('nobody leads the queue');
    return found;
  }

  /** One that clients are on: those that were broken before are left by all. */
  async function follower(): Promise<EndpointId> {
    const leads = await leader();
    const found = testbed.members.find((node) => node !== leads && !broken.has(node));
    if (found === undefined) throw new TestbedError('there is no other node with clients');
    return found;
  }

  function act(
    name: 'kill' | 'hang',
    title: string,
    choose: () => Promise<EndpointId>,
    heal: (node: EndpointId) => Promise<void>,
  ) {
    let node: EndpointId | undefined;
    return {
      name,
      title,
      async inject() {
        // Two nodes of three must be there and see each other, or nobody could serve.
        await isWhole;
        const restMs = wholeSince + calmMs - testbed.runtime.now();
        if (restMs > 0) await new Promise<void>((resolve) => void testbed.runtime.after(restMs, resolve));
        node = await choose();
        broken.add(node);
        const at = testbed.runtime.now();
        testbed[name](node);
        return { server: node, at };
      },
      heal() {
        const healed = node;
        if (healed === undefined) return Promise.resolve();
        isWhole = heal(healed)
          .then(() => testbed.settled())
          .catch((error: unknown) => {
            problems.push(`${healed} did not come back: ${String(error)}`);
          })
          .then(() => {
            wholeSince = testbed.runtime.now();
          });
        return isWhole;
      },
    };
  }

  return {
    config: { ...testbed.config },
    equals: testbed.members,
    acts: [
      act('kill', 'kill -9 on the node that leads the queue: its connections break', leader, (node) =>
        testbed.restart(node),
      ),
      act(
        'hang',
        mayHangLeader(testbed)
          ? 'the node that leads the queue hangs: it accepts connections and answers nothing'
          : `a node with clients hangs (not the leader: for that RabbitMQ ${testbed.version} itself needs a minute)`,
        mayHangLeader(testbed) ? leader : follower,
        (node) => Promise.resolve(testbed.resume(node)),
      ),
    ],
    startProber: () => startProber(testbed, ledger),
    startLoad(port: number, prober: Prober) {
      const load = startLoad(testbed.runtime, port, ledger);
      return {
        clients: load.clients,
        does: 'publish and consume',
        get counts() {
          return load.counts;
        },
        acknowledgedAt: load.acknowledgedAt,
        stop: () => load.stop(),
        async judge() {
          await prober.stop();
          const verdict = await judge(load.history, ledger);
          return {
            lostByUs: verdict.lost.byUs.count,
            lostByServers: prober.lost(),
            whyServersLose,
            doubled: verdict.doubled.silently.count,
            doubledAndTold: ledger.told(),
            failures: [...verdict.failures, ...problems],
          };
        },
      };
    },
    [Symbol.asyncDispose]: () => testbed[Symbol.asyncDispose](),
  };
}
