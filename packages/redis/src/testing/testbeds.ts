import type { Fault, Heal } from '@failover/testing';
import type { RunningTestbed, Testbed } from '@failover/testing/conformance';
import { launchVirtual } from './embedded/launch-virtual.ts';
import type { RealServer } from './find-server.ts';
import { injectFault, memberOf } from './inject.ts';
import { launchCluster } from './launch.ts';
import { pause } from './resp-client.ts';
import { TestbedError, type RedisTestbed } from './testbed.ts';
import { readBack } from './workload.ts';

/** Real servers and Sentinels, of one flavour or of whichever is found. */
export function realTestbed(server?: RealServer): Testbed {
  return {
    async start({ members }) {
      const testbed = await launchCluster({ servers: members, server });
      return running(testbed, {
        wait: (ms) => pause(testbed.runtime, ms),
        inject: (fault) => injectFault(testbed, fault),
        drive: (promise) => promise,
      });
    },
  };
}

/** Doubles in virtual time. */
export const embeddedTestbed: Testbed = {
  async start({ members, seed }) {
    const testbed = await launchVirtual({ servers: members, seed });
    const { network } = testbed.runtime;

    async function inject(fault: Fault): Promise<Heal> {
      if (
        fault.type !== 'refused' &&
        fault.type !== 'blackHole' &&
        fault.type !== 'slow' &&
        fault.type !== 'reset'
      ) {
        const heal = await testbed.until(injectFault(testbed, fault));
        return () => testbed.until(heal());
      }
      const member = await testbed.until(memberOf(testbed, fault.member, testbed.name));
      if (fault.type === 'reset') {
        network.reset(member);
        return () => Promise.resolve();
      }
      const heal =
        fault.type === 'slow'
          ? network.fault(member, { type: 'slow', ms: fault.latencyMs ?? 0 })
          : network.fault(member, { type: fault.type });
      return () => Promise.resolve(heal());
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

function running(testbed: RedisTestbed, { wait, inject, drive }: Drive): RunningTestbed {
  return {
    runtime: testbed.runtime,
    members: testbed.servers,
    config: testbed.config,
    wait,
    inject,
    primary: () => drive(testbed.primary()),
    settled: () => drive(testbed.settled(60_000)),
    async readBack(keys) {
      const primary = await drive(testbed.primary());
      if (primary === undefined) throw new TestbedError('there is no primary to read back from');
      return drive(readBack(testbed.runtime, primary, keys));
    },
    [Symbol.asyncDispose]: () => testbed[Symbol.asyncDispose](),
  };
}
