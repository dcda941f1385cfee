import { stepOf, type FailoverEvent } from '@failover/core';

/** An event as one line for people. */
export function eventText(event: FailoverEvent): string {
  switch (event.type) {
    case 'stateChanged':
      return `${event.target}: ${event.from} → ${event.to}: ${event.reason}`;
    case 'memberAdded':
      return `${event.server} belongs to the cluster (${event.kind})`;
    case 'memberRemoved':
      return `${event.server} does not belong to the cluster any more`;
    case 'roleChanged':
      return `${event.server} is ${event.to}, was ${event.from}`;
    case 'minoritySeen':
      return `${event.target}: only ${event.heard} of ${event.of} witnesses can be heard`;
    case 'majoritySeen':
      return `${event.target}: ${event.heard} of ${event.of} witnesses can be heard`;
    case 'epochDomainOpened':
      return `${event.target}: the witnesses were replaced and count from zero`;
    case 'discoveryFailed':
      return `${event.source} cannot tell the members: ${event.reason}`;
    case 'monitorRestarted':
      return `the monitor of ${event.server} was started again: ${event.reason}`;
    case 'ownStall':
      return `this process itself stood still for ${Math.round(event.forMs)} ms`;
    case 'holdOpened':
      return `${event.target}: operations wait`;
    case 'outcomesUnknown':
      return `${event.server}: ${event.count} operations were under way, their outcome is unknown`;
    case 'operationsResent':
      return `${event.server}: ${event.count} operations without an answer go again, marked`;
    case 'subscriptionGap':
      return `${event.target}: ${event.subscriptions} subscriptions of a client heard nothing for ${Math.round(event.to - event.from)} ms`;
    case 'slowClientsClosed':
      return `${event.target}: ${event.count} clients were closed that did not read, the last one ${event.address} with ${event.unreadBytes} bytes`;
    case 'conditionsChanged':
      return `${event.server}: ${event.conditions.length === 0 ? 'no special condition' : event.conditions.join(', ')}`;
    case 'rangesChanged':
      return `${event.target} serves ${event.ranges.map(([from, to]) => `${from}-${to}`).join(' ') || 'nothing'}`;
    case 'availabilityChanged':
    case 'successorNamed':
    case 'claimAccepted':
    case 'claimWithdrawn':
    case 'staleEvidence':
    case 'firstDrained':
    case 'holdClosed':
      return stepOf(event)?.text ?? event.type;
  }
}
