import type { PublishRecord } from '@failover/testing';
import { now } from '../clock.ts';
import { ask } from '../wire/ask.ts';
import { channelOf, type ChannelKind } from './keys.ts';

const KINDS: readonly ChannelKind[] = ['plain', 'pattern', 'sharded'];

/** One message to each channel of each contender, from nobody's client: who is subscribed must hear it. */
export async function publishProbes(
  portOf: (key: string) => number,
  contenders: readonly string[],
  round: number,
): Promise<readonly PublishRecord[]> {
  const probes: PublishRecord[] = [];
  for (const contender of contenders) {
    for (const kind of KINDS) {
      const key = channelOf(contender, kind);
      const value = `probe-${kind}-${round}`;
      const invokedAt = now();
      const publish = kind === 'sharded' ? 'SPUBLISH' : 'PUBLISH';
      const receivers = Number(await ask(portOf(key), [publish, key, value]));
      probes.push({
        ...{ f: 'publish', index: round, worker: 0, process: `${contender} probe`, key, value },
        ...{ scheduledAt: invokedAt, invokedAt, endedAt: now(), outcome: 'ok', receivers },
      });
    }
  }
  return probes;
}
