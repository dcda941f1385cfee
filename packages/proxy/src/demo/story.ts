import type { FailoverEvent } from '@failover/core';
import type { DemoCluster, DemoWords } from './contract.ts';

/** What an event means to somebody who sees a failover for the first time; `undefined` if it is detail. */
export function storyOf(
  event: FailoverEvent,
  words: DemoWords,
  equals: DemoCluster['equals'] = [],
): string | undefined {
  const { leader, operations } = words;
  switch (event.type) {
    case 'stateChanged':
      return stateStory(event, operations);
    case 'successorNamed':
      return `${event.by} chose ${event.server} as the next ${leader}`;
    case 'claimAccepted':
      return event.strength === 'provisional'
        ? `${event.server} says that it is ${leader} now: the local process uses it at once`
        : `${event.server} is confirmed as ${leader}${event.epoch === undefined ? '' : ` (epoch ${event.epoch.join('.')})`}`;
    case 'claimWithdrawn':
      return `${event.server} may not be used as ${leader} any more: ${event.reason}`;
    case 'staleEvidence':
      return `${event.server} still believes in the past; nobody writes to it`;
    case 'holdOpened':
      return `clients wait: their ${operations} are held, their connections stay open`;
    case 'holdClosed':
      return `${event.drained} held ${operations} went ${equals.length > 0 ? 'on' : `to the new ${leader}`}, in order`;
    case 'outcomesUnknown':
      return `${event.count} ${operations} were under way to ${event.server}: whether they ran nobody can know, so none is sent twice`;
    case 'operationsResent':
      return `${event.count} ${operations} were not acknowledged yet: they go again, in order and marked`;
    case 'availabilityChanged':
      return equals.includes(event.server) ? availabilityStory(event) : undefined;
    case 'subscriptionGap':
      return `a subscriber hears again; for ${Math.round(event.to - event.from)} ms it heard nothing`;
    case 'slowClientsClosed':
    case 'conditionsChanged':
    case 'rangesChanged':
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

function stateStory(
  event: Extract<FailoverEvent, { readonly type: 'stateChanged' }>,
  operations: string,
): string | undefined {
  switch (event.to) {
    case 'suspect':
      return `the local process doubts ${event.server ?? event.target}: ${event.reason}`;
    case 'unavailable':
      return `it takes too long: ${operations} are refused now (${event.reason})`;
    case 'steady':
    case 'failing-over':
    case 'discovering':
      return undefined;
  }
}

function availabilityStory(
  event: Extract<FailoverEvent, { readonly type: 'availabilityChanged' }>,
): string | undefined {
  switch (event.to) {
    case 'down':
      return `${event.server} is lost (${event.reason}): its clients go on with another one`;
    case 'up':
      return event.from === 'down' ? `${event.server} is back` : undefined;
    case 'suspect':
    case 'draining':
    case 'unknown':
      return undefined;
  }
}
