import { endpoint, type EndpointId } from '@failover/core';
import type { Fault, Heal } from '@failover/testing';
import { killClients, sleep } from './faults.ts';
import { TestbedError, type RedisTestbed } from './testbed.ts';

/** Names of faults that only this backend has, for `{ type: 'backend', name }`. */
export const backendFaults = [
  'forceFailover',
  'killClients',
  'sleep',
  'leadingSentinelGone',
  'sentinelGone',
] as const;

/** ms that `sleep` lasts: above `down-after 1000`, so that a failover follows. */
const sleepMs = 3_000;

/**
 * Breaks what a fault names: an address, or `primary`, `replica`, `sentinel` as looked up now. Faults on the network
 * are the caller's: it knows which network that is.
 */
export async function injectFault(testbed: RedisTestbed, fault: Fault, name = testbed.name): Promise<Heal> {
  const nothing: Heal = () => Promise.resolve();
  if (fault.type === 'backend') return injectBackendFault(testbed, fault.name, fault.member, name);
  const member = await memberOf(testbed, fault.member, name);
  switch (fault.type) {
    case 'kill':
      testbed.kill(member);
      return () => testbed.restart(member);
    case 'hang':
      testbed.hang(member);
      return () => Promise.resolve(testbed.resume(member));
    case 'resume':
      testbed.resume(member);
      return nothing;
    case 'restart':
      await testbed.restart(member);
      return nothing;
    case 'refused':
    case 'reset':
    case 'blackHole':
    case 'slow':
    case 'halfOpen':
    case 'flapping':
      throw new TestbedError(`this testbed has no fault "${fault.type}"`);
  }
}

async function injectBackendFault(
  testbed: RedisTestbed,
  fault: string,
  target: string,
  name: string,
): Promise<Heal> {
  switch (fault) {
    case 'forceFailover':
      await testbed.forceFailover(name);
      return () => Promise.resolve();
    case 'killClients':
      await killClients(testbed, await memberOf(testbed, target, name));
      return () => Promise.resolve();
    case 'sleep': {
      const sleeping = sleep(testbed, await memberOf(testbed, target, name), sleepMs);
      return () => sleeping;
    }
    case 'leadingSentinelGone':
    case 'sentinelGone': {
      const gone = testbed.killSentinel(fault === 'sentinelGone' ? 'any' : 'leading', name);
      return () => testbed.restart(gone);
    }
    default:
      throw new TestbedError(`Redis has no fault "${fault}": ${backendFaults.join(', ')}`);
  }
}

export async function memberOf(testbed: RedisTestbed, member: string, name: string): Promise<EndpointId> {
  const servers = testbed.groups.get(name) ?? [];
  const primary = await testbed.primary(name);
  const found =
    member === 'primary'
      ? primary
      : member === 'replica'
        ? servers.find((server) => server !== primary && testbed.isRunning(server))
        : member === 'sentinel'
          ? testbed.sentinels.find((sentinel) => testbed.isRunning(sentinel))
          : endpoint(member);
  if (found === undefined) throw new TestbedError(`there is no ${member} of ${name} now`);
  return found;
}
