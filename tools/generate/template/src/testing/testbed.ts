import { systemRuntime } from '@failover/core';
import type { Fault, Heal } from '@failover/testing';
import type { Testbed } from '@failover/testing/conformance';
import { launchEmbedded } from './launch.ts';

/** The double as the conformance kit wants it. A real cluster gets a testbed of its own beside it. */
export const embeddedTestbed: Testbed = {
  async start({ members }) {
    const ring = await launchEmbedded(members);

    async function inject(fault: Fault): Promise<Heal> {
      const server = ring.servers.find(({ address }) => address === fault.member);
      if (server === undefined) throw new Error(`${fault.member} is no member of this ring`);
      switch (fault.type) {
        case 'kill':
          await server.kill();
          return () => server.start();
        case 'hang':
          server.setHung(true);
          return () => Promise.resolve(server.setHung(false));
        default:
          throw new Error(`this ring does not know the fault ${fault.type}`);
      }
    }

    return {
      runtime: systemRuntime(),
      members: ring.addresses,
      config: { peers: ring.addresses },
      wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      inject,
      async settled() {
        for (const server of ring.servers) {
          server.setHung(false);
          await server.start();
        }
      },
      [Symbol.asyncDispose]: () => ring[Symbol.asyncDispose](),
    };
  },
};

export const testbeds: { readonly embedded: Testbed } = { embedded: embeddedTestbed };
