import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, Heal } from '@failover/testing';
import type { RunningTestbed, Testbed } from '@failover/testing/conformance';
import { launchVirtual } from './embedded/launch-virtual.ts';
import type { Series } from './find-server.ts';
import { injectFault, nodeOf } from './inject.ts';
import { launchCluster } from './launch.ts';
import type { RabbitTestbed } from './testbed.ts';
import { readBack } from './workload.ts';

/** Real nodes, of one release series or of whichever is found. */
export function realTestbed(version?: Series): Testbed {
  return {
    async start({ members }) {
      const testbed = await launchCluster({ nodes: members, ...(version === undefined ? {} : { version }) });
      return running(testbed, {
        wait: (ms) => sleep(ms),
        inject: (fault) => injectFault(testbed, fault),
        drive: (promise) => promise,
      });
    },
  };
}

/** Doubles in virtual time. No heartbeats: those of amqplib would come in real time, and so hardly ever. */
export const embeddedTestbed: Testbed = {
  async start({ members, seed }) {
    const testbed = await launchVirtual({ nodes: members, seed, heartbeatS: 0 });
    const { network } = testbed.runtime;

    async function inject(fault: Fault): Promise<Heal> {
      switch (fault.type) {
        case 'refused':
        case 'blackHole': {
          const node = await testbed.until(nodeOf(testbed, fault.member));
          const heal = network.fault(node, { type: fault.type });
          return () => Promise.resolve(heal());
        }
        case 'slow': {
          const node = await testbed.until(nodeOf(testbed, fault.member));
          const heal = network.fault(node, { type: 'slow', ms: fault.latencyMs ?? 0 });
          return () => Promise.resolve(heal());
        }
        case 'reset':
          network.reset(await testbed.until(nodeOf(testbed, fault.member)));
          return () => Promise.resolve();
        default: {
          const heal = await testbed.until(injectFault(testbed, fault));
          return () => testbed.until(heal());
        }
      }
    }

    return running(testbed, { wait: (ms) => testbed.runtime.advance(ms), inject, drive: testbed.until });
  },
};

export const testbeds: { readonly real: Testbed; readonly embedded: Testbed } = {
  real: realTestbed(),
  embedded: embeddedTestbed,
};

interface Drive {
  wait(ms: number): Promise<void>;
  inject(fault: Fault): Promise<Heal>;
  /** Lets time pass until a promise settles, where time does not pass by itself. */
  drive<T>(promise: Promise<T>): Promise<T>;
}

/** Without a `primary`: all nodes are equal, and each queue has a leader of its own. */
function running(testbed: RabbitTestbed, { wait, inject, drive }: Drive): RunningTestbed {
  return {
    runtime: testbed.runtime,
    members: testbed.members,
    config: testbed.config,
    wait,
    inject,
    settled: () => drive(testbed.settled(60_000)),
    readBack: async (keys) => drive(readBack(testbed.runtime, await drive(nodeOf(testbed, 'any')), keys)),
    [Symbol.asyncDispose]: () => testbed[Symbol.asyncDispose](),
  };
}
