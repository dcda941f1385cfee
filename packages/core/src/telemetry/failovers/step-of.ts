import type { FailoverEvent } from '../../model/index.ts';
import type { FailoverStep } from './failover.ts';

type Step = Omit<FailoverStep, 'afterMs'>;

/** What an event says in a timeline; `undefined` if it says nothing there. */
export function stepOf(event: FailoverEvent): Step | undefined {
  switch (event.type) {
    case 'stateChanged':
      return {
        type: event.to === 'steady' || event.to === 'unavailable' ? event.to : 'evidence',
        text: event.reason,
        ...(event.server === undefined ? {} : { server: event.server }),
      };
    case 'availabilityChanged':
      return evidence(event, `${event.server} is ${event.to}: ${event.reason}`);
    case 'successorNamed':
      return evidence(event, `${event.by} chose ${event.server}`);
    case 'claimWithdrawn':
      return evidence(event, `${event.server} lost the claim: ${event.reason}`);
    case 'staleEvidence':
      return { ...evidence(event, `${event.server} speaks of an older epoch`), epoch: event.epoch };
    case 'claimAccepted':
      return {
        type: 'confirmed',
        text: `${event.server} is primary (${event.strength})`,
        server: event.server,
        ...(event.epoch === undefined ? {} : { epoch: event.epoch }),
      };
    case 'firstDrained':
      return { type: 'firstDrained', text: 'the first held operation left' };
    case 'holdClosed':
      return { type: 'drained', text: `${event.drained} of ${event.held} held operations left` };
    case 'memberAdded':
    case 'memberRemoved':
    case 'roleChanged':
    case 'minoritySeen':
    case 'majoritySeen':
    case 'epochDomainOpened':
    case 'discoveryFailed':
    case 'monitorRestarted':
    case 'ownStall':
    case 'holdOpened':
    case 'outcomesUnknown':
    case 'operationsResent':
    case 'subscriptionGap':
    case 'slowClientsClosed':
    case 'conditionsChanged':
    case 'rangesChanged':
      return undefined;
  }
}

function evidence(event: { readonly server: Step['server'] & string }, text: string): Step {
  return { type: 'evidence', text, server: event.server };
}
