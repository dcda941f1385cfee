import type { FailoverEvent } from '@failover/core';

/** What an event means to somebody who sees a failover for the first time; `undefined` if it is detail. */
export function storyOf(event: FailoverEvent): string | undefined {
  switch (event.type) {
    case 'stateChanged':
      return stateStory(event);
    case 'successorNamed':
      return `${event.by} chose ${event.server} as the next primary`;
    case 'claimAccepted':
      return event.strength === 'provisional'
        ? `${event.server} says that it is primary now: the local process uses it at once`
        : `${event.server} is confirmed as primary${event.epoch === undefined ? '' : ` (epoch ${event.epoch.join('.')})`}`;
    case 'claimWithdrawn':
      return `${event.server} may not be used as primary any more: ${event.reason}`;
    case 'staleEvidence':
      return `${event.server} still believes in the past; nobody writes to it`;
    case 'holdOpened':
      return 'clients wait: their commands are held, their connections stay open';
    case 'holdClosed':
      return `${event.drained} held commands went to the new primary, in order`;
    case 'outcomesUnknown':
      return `${event.count} commands were under way to ${event.server}: whether they ran nobody can know, so none is sent twice`;
    case 'operationsResent':
      return `${event.count} messages had no confirm yet: they go again, in order and marked`;
    case 'conditionsChanged':
    case 'availabilityChanged':
    case 'memberAdded':
    case 'memberRemoved':
    case 'roleChanged':
    case 'minoritySeen':
    case 'majoritySeen':
    case 'epochDomainOpened':
    case 'discoveryFailed':
    case 'monitorRestarted':
    case 'ownStall':
    case 'firstDrained':
      return undefined;
  }
}

function stateStory(event: Extract<FailoverEvent, { readonly type: 'stateChanged' }>): string | undefined {
  switch (event.to) {
    case 'suspect':
      return `the local process doubts ${event.server ?? event.target}: ${event.reason}`;
    case 'unavailable':
      return `it takes too long: commands are refused now (${event.reason})`;
    case 'steady':
    case 'failing-over':
    case 'discovering':
      return undefined;
  }
}
