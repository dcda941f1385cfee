import { it } from 'vitest';
import { findVersion } from '../testing/find-server.ts';
import { launchCluster } from '../testing/launch.ts';
import { connectAmqp } from '../testing/amqp-client.ts';

it.each(['3.10', '4.0'] as const)('%s', async (series) => {
  const search = await findVersion(series);
  if (search.type !== 'found') return;
  await using bed = await launchCluster({ server: search.server, management: false });
  for (let round = 0; round < 4; round += 1) {
    const q = `q${round}`;
    const leaderNode = bed.members[round % 3]!;
    const c0 = await connectAmqp(bed.runtime, leaderNode);
    const ch0 = await c0.openChannel();
    await ch0.rpc('queue.declare', { queue: q, durable: true, arguments: { 'x-queue-type': 'quorum' } });
    await ch0.rpc('confirm.select');
    await ch0.publish({ routingKey: q, body: 'first' });
    const leader = (await bed.queueLeader(q))!;
    const others = bed.members.filter((m) => m !== leader);
    const on = others[round % 2]!;
    const t0 = performance.now();
    bed.kill(leader);
    const log: string[] = [];
    const client = await connectAmqp(bed.runtime, on);
    const open = async () => { const ch = await client.openChannel(); await ch.rpc('confirm.select'); return ch; };
    const same = await open();
    const told = (who: string, start: number) => (how: string) => log.push(`${who}@${Math.round(start - t0)}:${how}+${Math.round(performance.now() - start)}`);
    const pending: Promise<unknown>[] = [];
    for (let at = 0; at < 40; at += 1) {
      const s = performance.now();
      pending.push(same.publish({ routingKey: q, body: 'x' }, 3000).then(told('same', s), () => told('same', s)('none')));
      const fresh = await open();
      const s2 = performance.now();
      pending.push(fresh.publish({ routingKey: q, body: 'y' }, 3000).then(told('fresh', s2), () => told('fresh', s2)('none')));
      if (at < 15) await new Promise((r) => setTimeout(r, 20)); else await new Promise((r) => setTimeout(r, 200));
    }
    await Promise.all(pending);
    console.log(series, 'round', round, 'on', on, log.join(' '));
    client.destroy(); c0.destroy();
    await bed.restart(leader);
    await bed.settled();
  }
}, 200_000);
