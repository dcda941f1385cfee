import type { EndpointId, Ms, Runtime } from '@failover/core';
import type { AmqpChannel } from '../amqp-channel.ts';
import { connectAmqp, type AmqpClient } from '../amqp-client.ts';
import type { RabbitTestbed } from '../testbed.ts';
import { queue, type Ledger } from './ledger.ts';

/** A message that a node confirmed to the prober. */
export interface ProbedWrite {
  readonly at: Ms;
  readonly server: EndpointId;
}

export interface Prober {
  /** Ends it; the confirmed messages that came out of the queue, in order. Asked again it gives the same. */
  stop(): Promise<readonly ProbedWrite[]>;
  /** Confirmed by the servers, and never seen again. */
  lost(): number;
}

/** ms between two messages to each node: the resolution of what it measures. */
const everyMs = 25;
/** ms without a confirm after which a fresh channel is tried: one that waits for a hung leader may wait for a minute. */
const freshAfterMs = 100;
/** ms for each step until a channel is there. */
const openMs = 500;
/** ms: what is confirmed later than this was no use to anybody. */
const confirmMs = 60_000;
/** ms for what others had in hand to come back. */
const collectMs = 10_000;

const prefix = 'probe ';
export const isProbe = (value: string): boolean => value.startsWith(prefix);

/**
 * Publishes to the queue through every node, on plain connections of its own and on fresh channels: knows no gateway and
 * no topology, and so tells when the servers themselves took messages again.
 */
export function startProber(testbed: RabbitTestbed, ledger: Ledger): Prober {
  const confirmed = new Map<string, ProbedWrite>();
  const stops = testbed.members.map((node) => probe(testbed.runtime, node, confirmed));
  let lasted: Promise<readonly ProbedWrite[]> | undefined;

  async function lookAgain(): Promise<readonly ProbedWrite[]> {
    await ledger.collect([...confirmed.keys()], collectMs);
    return [...confirmed]
      .filter(([value]) => ledger.has(value))
      .map(([, write]) => write)
      .sort((left, right) => left.at - right.at);
  }

  return {
    stop() {
      for (const stop of stops) stop();
      return (lasted ??= lookAgain());
    },
    lost: () => [...confirmed.keys()].filter((value) => !ledger.has(value)).length,
  };
}

function probe(runtime: Runtime, server: EndpointId, confirmed: Map<string, ProbedWrite>): () => void {
  let client: AmqpClient | undefined;
  let channel: AmqpChannel | undefined;
  /** Since when the channel owes a confirm. */
  let owesSince: Ms | undefined;
  let isOpening = false;
  let isOver = false;
  let count = 0;
  let cancel: () => void = () => undefined;

  async function open(): Promise<void> {
    isOpening = true;
    channel = undefined;
    owesSince = undefined;
    try {
      if (client === undefined || client.isClosed) {
        client = await connectAmqp(runtime, server, { timeoutMs: openMs });
      }
      const fresh = await client.openChannel(openMs);
      await fresh.rpc('confirm.select', {}, openMs);
      channel = fresh;
    } catch {
      // It is down or hung; the next one goes on a new connection.
      client?.destroy();
      client = undefined;
    }
    isOpening = false;
    if (isOver) client?.destroy();
  }

  async function write(on: AmqpChannel): Promise<void> {
    count += 1;
    const value = `${prefix}${server} ${count}`;
    owesSince = runtime.now();
    try {
      const said = await on.publish({ routingKey: queue, body: value }, confirmMs);
      if (said === 'ack' && !isOver) confirmed.set(value, { at: runtime.now(), server });
    } catch {
      // What became of it is nobody's concern.
    }
    if (channel === on) owesSince = undefined;
  }

  function tick(): void {
    cancel = runtime.after(everyMs, tick);
    if (isOpening) return;
    const isLate = owesSince !== undefined && runtime.now() - owesSince > freshAfterMs;
    if (channel === undefined || channel.isClosed || isLate) void open();
    else if (owesSince === undefined) void write(channel);
  }

  tick();
  return () => {
    isOver = true;
    cancel();
    client?.destroy();
  };
}
