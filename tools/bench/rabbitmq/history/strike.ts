import type { EndpointId } from '@failover/core';
import { blocked, drained, moveAway, type RabbitTestbed, rejoin } from '@failover/rabbitmq/testing';
import { now, pause } from '../../clock.ts';
import { settled } from '../cluster/cluster.ts';
import type { HistoryFault, Planned } from './schedule.ts';

export interface Struck {
  readonly fault: HistoryFault;
  readonly at: number;
  readonly node: EndpointId;
  readonly lengthMs: number;
  /** When the cluster was whole again. */
  readonly healedAt: number;
}

/** ms; longer, and publishers would be held beyond what the length of this fault is about. */
const ALARM_MS = 1000;

/**
 * One fault and its healing: no other node is struck before all agree again. A node that does not do what it is told
 * is started anew, which is a fault as good as any.
 */
export async function strike(
  testbed: RabbitTestbed,
  { fault, node: place, queue, lengthMs }: Planned,
  queues: readonly (readonly string[])[],
): Promise<Struck> {
  const node = testbed.members[place];
  if (node === undefined) throw new Error(`there is no node ${place}`);
  const at = now();
  try {
    await strikeOnce(testbed, { fault, node, queue, lengthMs }, queues);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    console.log(`     ${fault} of ${node} did not go as it should, it is started anew: ${reason}`);
    await testbed.restart(node);
  }
  await settled(testbed);
  return { fault, at, node, lengthMs, healedAt: now() };
}

async function strikeOnce(
  testbed: RabbitTestbed,
  about: Pick<Planned, 'fault' | 'queue' | 'lengthMs'> & { readonly node: EndpointId },
  queues: readonly (readonly string[])[],
): Promise<void> {
  const { fault, node, queue, lengthMs } = about;
  switch (fault) {
    case 'kill':
      testbed.kill(node);
      await pause(lengthMs);
      await testbed.restart(node);
      break;
    case 'hang':
      testbed.hang(node);
      await pause(lengthMs);
      await rejoin(testbed, node);
      break;
    case 'drain': {
      const revive = await drained(testbed, node);
      await pause(lengthMs);
      await revive();
      break;
    }
    case 'move':
      await Promise.all(queues.map((own) => moveAway(testbed, own[queue] ?? '')));
      break;
    case 'close':
      await testbed.closeConnections(node);
      break;
    case 'alarm': {
      const clear = await blocked(testbed, node);
      await pause(ALARM_MS);
      await clear();
      break;
    }
  }
}
