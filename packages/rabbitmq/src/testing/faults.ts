import type { EndpointId } from '@failover/core';
import { TestbedError, type RabbitTestbed } from './testbed.ts';

// What only RabbitMQ can do to itself, beyond what the testbed does in one order.

/** ms: a node that went on in time settles in one to five seconds. */
const resumedMs = 10_000;

/**
 * Ends a hang or a kill, whichever it was, so that the cluster is whole again. A node that was given up by the others
 * while it hung comes back only by a restart.
 */
export async function rejoin(testbed: RabbitTestbed, node: EndpointId): Promise<void> {
  const endAt = testbed.runtime.now() + resumedMs;
  testbed.resume(node);
  while (testbed.isRunning(node) && testbed.runtime.now() < endAt) {
    const problem = await testbed.settled(1_000).then(
      () => undefined,
      (error: unknown) => String(error),
    );
    if (problem === undefined) return;
    if (problem.includes('was parted')) break;
  }
  await testbed.restart(node);
  await testbed.settled();
}

/** Drained now, revived by what it resolves with. */
export async function drained(testbed: RabbitTestbed, node: EndpointId): Promise<() => Promise<void>> {
  await testbed.drain(node);
  return () => testbed.revive(node);
}

/** All nodes block publishers, until what it resolves with is called. */
export async function blocked(testbed: RabbitTestbed, node: EndpointId): Promise<() => Promise<void>> {
  await testbed.alarm(node, true);
  return () => testbed.alarm(node, false);
}

/** Hands a quorum queue's leader to another running node, and tells to which. */
export async function moveAway(testbed: RabbitTestbed, queue: string): Promise<EndpointId> {
  const leader = await testbed.queueLeader(queue);
  const other = testbed.members.find((member) => member !== leader && testbed.isRunning(member));
  if (other === undefined) throw new TestbedError(`no other node could lead ${queue}`);
  await testbed.moveLeader(queue, other);
  return other;
}
