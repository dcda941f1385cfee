import type { EndpointId } from '@failover/core';
import { launchVirtual, type VirtualOptions, type VirtualTestbed } from '../launch-virtual.ts';
import { openRawClient, type RawClient, type RawClientOptions } from './raw-client.ts';
import { inWords } from './in-words.ts';

/** A raw client whose waits let virtual time pass. */
export interface Dialled extends RawClient {
  /** The next method in words; `closed` at the end. */
  next(): Promise<string>;
  /** All that comes within so many ms. */
  within(ms: number): Promise<readonly string[]>;
}

export interface Bench {
  readonly testbed: VirtualTestbed;
  member(at: number): EndpointId;
  /** Opens a connection to a node, with channels 1 to `channels`. */
  dial(at: number, options?: Partial<RawClientOptions> & { readonly channels?: number }): Promise<Dialled>;
}

export async function startBench(options: Partial<VirtualOptions> = {}): Promise<Bench> {
  const testbed = await launchVirtual({ seed: 1, ...options });

  function member(at: number): EndpointId {
    const found = testbed.members[at];
    if (found === undefined) throw new RangeError(`there is no member ${at}`);
    return found;
  }

  return {
    testbed,
    member,
    async dial(at, { channels = 3, ...more } = {}) {
      const client = openRawClient({ runtime: testbed.runtime, endpoint: member(at), ...more });
      const dialled: Dialled = Object.assign(Object.create(client) as RawClient, {
        async next() {
          const heard = await testbed.until(client.take());
          return heard === undefined ? 'closed' : inWords(heard);
        },
        async within(ms: number) {
          await testbed.runtime.advance(ms);
          return client.drain().map(inWords);
        },
      });
      await dialled.next();
      for (let channel = 1; channel <= channels; channel += 1) {
        client.send(channel, 'channel.open', {});
        await dialled.next();
      }
      return dialled;
    },
  };
}
