import { endpoint, type EndpointId } from '@failover/core';
import type { Fault, Heal } from '@failover/testing';
import { TestbedError, type RabbitTestbed } from './testbed.ts';

/** Names of faults that only this backend has, for `{ type: 'backend', name }`. */
export const backendFaults = ['drain', 'alarm'] as const;

const nothing: Heal = () => Promise.resolve();

/**
 * Breaks the node that a fault names: by its address, as `any`, or as `leader:QUEUE`, looked up now. Faults on the
 * network are the caller's: it knows which network that is.
 */
export async function injectFault(testbed: RabbitTestbed, fault: Fault): Promise<Heal> {
  const node = await nodeOf(testbed, fault.member);
  switch (fault.type) {
    case 'kill':
      testbed.kill(node);
      return () => testbed.restart(node);
    case 'hang':
      testbed.hang(node);
      return () => Promise.resolve(testbed.resume(node));
    case 'resume':
      testbed.resume(node);
      return nothing;
    case 'restart':
      await testbed.restart(node);
      return nothing;
    case 'reset':
      await testbed.closeConnections(node);
      return nothing;
    case 'backend':
      return injectBackendFault(testbed, fault.name, node);
    case 'refused':
    case 'blackHole':
    case 'slow':
    case 'halfOpen':
    case 'flapping':
      throw new TestbedError(`this testbed has no fault "${fault.type}"`);
  }
}

async function injectBackendFault(testbed: RabbitTestbed, fault: string, node: EndpointId): Promise<Heal> {
  switch (fault) {
    case 'drain':
      await testbed.drain(node);
      return () => testbed.revive(node);
    case 'alarm':
      await testbed.alarm(node, true);
      return () => testbed.alarm(node, false);
    default:
      throw new TestbedError(`RabbitMQ has no fault "${fault}": ${backendFaults.join(', ')}`);
  }
}

export async function nodeOf(testbed: RabbitTestbed, member: string): Promise<EndpointId> {
  const [, queue] = /^leader:(.+)$/.exec(member) ?? [];
  if (queue === undefined && member !== 'any') return endpoint(member);
  const found =
    queue === undefined
      ? testbed.members.find((each) => testbed.isRunning(each))
      : await testbed.queueLeader(queue);
  if (found === undefined) throw new TestbedError(`there is no ${member} now`);
  return found;
}
