import { virtualRuntime } from '@failover/core/virtual';
import { describe, expect, it } from 'vitest';
import { rabbitConfig } from '../config.ts';
import { encodeMethod } from '../protocol/encode.ts';
import { decodeMethod } from '../protocol/decode.ts';
import { channelAt } from '../protocol/frame.ts';
import type { Arguments, MethodName } from '../protocol/methods.ts';
import { createConsumer } from '../session/consumer.ts';
import { emptyLog } from '../session/topology-log.ts';
import { consume } from '../testing/embedded/test-kit/speak.ts';
import { createChannel } from './channel.ts';
import type { Connection, UpstreamChannel } from './connection.ts';
import { setAside } from './consumers.ts';
import { zeroCounters } from './counters.ts';

/**
 * A node on whose queue consumers are refused at `refuseAt`, all that wait at once, and served from `serveAt` on; with
 * `isLateServed` also those that were asked for before. With `lateAfter` each is served after so many ms.
 */
async function tried(
  refuseAt: number,
  serveAt: number,
  { isLateServed = false, lateAfter = 0 } = {},
): Promise<number | undefined> {
  const runtime = virtualRuntime({ seed: 1 });
  const upstreamChannels = new Map<number, UpstreamChannel>();
  const answer = <N extends MethodName>(id: number, name: N, values: Arguments<N>): void => {
    const use = upstreamChannels.get(id);
    const bytes = encodeMethod(id, name, values);
    if (use?.type === 'call') use.onFrame(bytes, 0, bytes.length);
  };
  const opened = (id: number): void => {
    answer(id, 'channel.open-ok', {});
    answer(id, 'basic.qos-ok', {});
  };
  const upstream = {
    tuned: { channelMax: 2047, frameMax: 131_072, heartbeatS: 5 },
    append(bytes: Buffer) {
      const id = channelAt(bytes, 0);
      const { name } = decodeMethod(bytes, 0, bytes.length);
      if (name === 'channel.close') runtime.after(1, () => upstreamChannels.delete(id));
      if (name !== 'basic.consume') return;
      const now = runtime.now();
      if (now < refuseAt) {
        runtime.after(refuseAt - now, () => {
          opened(id);
          const close = { replyCode: 541, replyText: 'INTERNAL_ERROR', classId: 60, methodId: 20 };
          answer(id, 'channel.close', close);
        });
      } else if (now >= serveAt || isLateServed) {
        runtime.after(Math.max(serveAt - now, lateAfter) + 5, () => {
          opened(id);
          answer(id, 'basic.consume-ok', { consumerTag: 'c' });
          answer(id, 'basic.cancel-ok', { consumerTag: 'c' });
        });
      }
    },
  };
  const consumer = createConsumer(consume('q', 'c'), 50);
  const channel = { ...createChannel(1, 0), phase: 'open' as const, consumers: new Map([['c', consumer]]) };
  const connection = {
    upstream,
    upstreamChannels,
    after: (ms: number, callback: () => void) => runtime.after(ms, callback),
    channels: new Map([[1, channel]]),
    stirredAt: -Infinity,
    triedPublishAt: -Infinity,
    log: emptyLog,
    gateway: { config: rabbitConfig.parse({ servers: ['a'] }), runtime, counters: zeroCounters() },
  } as unknown as Connection;
  setAside(connection, channel, consumer);
  try {
    await runtime.until(() => consumer.failures === 0, 60_000);
  } catch {
    return undefined;
  }
  return runtime.now();
}

describe('a consumer whose queue does not answer', () => {
  it.each([
    [0, 0],
    [0, 5000],
    [400, 2500],
    [1200, 5000],
    [2500, 2600],
    [0, 11_000],
  ])(
    'is tried until it is served (all refused at %i ms, served from %i ms on)',
    async (refuseAt, serveAt) => {
      const at = await tried(refuseAt, serveAt);
      expect(at).toBeDefined();
      expect((at ?? 0) - Math.max(refuseAt, serveAt)).toBeLessThan(1000);
    },
  );

  it('is tried each second after a while, since all that waits is work for the next leader', async () => {
    const at = await tried(0, 40_000);
    expect((at ?? 0) - 40_000).toBeLessThan(1500);
  });

  it('is served by what was tried long ago, if that is what is answered', async () => {
    expect(await tried(0, 30_000, { isLateServed: true })).toBe(30_005);
  });

  it('is not registered for an answer that waited for another leader: it would wait as long again', async () => {
    expect(await tried(0, 0, { lateAfter: 30_000 })).toBeUndefined();
    expect(await tried(0, 0, { lateAfter: 11_000 })).toBe(11_005);
  });
});
