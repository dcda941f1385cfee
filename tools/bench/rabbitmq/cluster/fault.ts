import type { EndpointId } from '@failover/core';
import type { RabbitTestbed } from '@failover/rabbitmq/testing';
import { now, within } from '../../clock.ts';
import { otherThan, settled } from './cluster.ts';

/** `none` is a run of the same length in which nothing happens. */
export type Fault = 'kill' | 'killOther' | 'hang' | 'hangLeader' | 'drain' | 'move' | 'none';
export const FAULTS: readonly Fault[] = ['kill', 'killOther', 'hang', 'hangLeader', 'drain', 'move'];

export const FAULT_TITLES: Readonly<Record<Fault, string>> = {
  kill: 'node killed that the client is on and that leads the queue',
  killOther: 'node killed that the client is on; another leads the queue',
  hang: 'node hung (SIGSTOP) that the client is on; another leads the queue',
  hangLeader: 'node hung (SIGSTOP) that the client is on and that leads the queue',
  drain: 'node drained for maintenance; gaps are the longest silence',
  move: 'leader of the queue moved, all nodes well; gaps are the longest silence',
  none: 'no fault; gaps are the longest silence',
};

/** Whether the node of the client leads the queue when the fault comes. */
export function victimLeads(fault: Fault): boolean {
  return fault !== 'killOther' && fault !== 'hang';
}

/** Whether service ends with the fault. Else it goes on, and what counts is its longest silence. */
export function isOutage(fault: Fault): boolean {
  return fault === 'kill' || fault === 'killOther' || fault === 'hang' || fault === 'hangLeader';
}

/** @returns the moment from which on the fault is in effect */
export async function inject(
  testbed: RabbitTestbed,
  fault: Fault,
  victim: EndpointId,
  queues: readonly string[],
): Promise<number> {
  const at = now();
  switch (fault) {
    case 'kill':
    case 'killOther':
      testbed.kill(victim);
      return at;
    case 'hang':
    case 'hangLeader':
      testbed.hang(victim);
      return at;
    case 'drain':
      await testbed.drain(victim);
      return at;
    case 'move':
      await Promise.all(queues.map((queue) => testbed.moveLeader(queue, otherThan(testbed, victim))));
      return at;
    case 'none':
      return at;
  }
}

/** ms; a node that was away for longer was given up by the others, and does not find back by itself. */
const RESUMABLE_MS = 30_000;
const RESUME_LIMIT_MS = 20_000;

export async function heal(
  testbed: RabbitTestbed,
  fault: Fault,
  victim: EndpointId,
  faultAt: number,
): Promise<void> {
  switch (fault) {
    case 'kill':
    case 'killOther':
      await testbed.restart(victim);
      return settled(testbed);
    case 'hang':
    case 'hangLeader':
      return wake(testbed, victim, faultAt);
    case 'drain':
      await testbed.revive(victim);
      return settled(testbed);
    case 'move':
    case 'none':
      return settled(testbed);
  }
}

/** Lets a hung node go on; one that the others have given up is started anew. */
export async function wake(testbed: RabbitTestbed, victim: EndpointId, hungAt: number): Promise<void> {
  if (now() - hungAt < RESUMABLE_MS) {
    testbed.resume(victim);
    const isWell = testbed.settled(RESUME_LIMIT_MS).then(
      () => true,
      () => false,
    );
    if ((await within(RESUME_LIMIT_MS + 5000, isWell)) === true) return;
    console.log(`     ${victim} did not find back after its hang and is started anew`);
  }
  await testbed.restart(victim);
  return settled(testbed);
}
