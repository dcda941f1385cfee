import type { Ms } from '@failover/core';
import type { Connection } from './connection.ts';
import { nowOf } from './connection.ts';

/**
 * ms in which RabbitMQ 4 has another leader for a queue whose leader hangs (4.0.5: 6 to 9 s). One before 4.0 elects once it
 * has given up the node, after a minute, and then answers all that was tried until then.
 */
const promptMs = 12_000;
/** ms for which tries come often again once one was answered, with whatever: something changes in the cluster. */
const stirredMs = 5000;
/** ms for which they come less often then: nodes of 3.10 elect up to 16 s after they gave up the one before. */
const settlingMs = 30_000;
const settlingEveryMs = 200;
/** ms between two tries otherwise. They all wait at the node, and are work for the new leader before anything else. */
const patientEveryMs = 1000;
/**
 * Channels that the consumers of one client may take up with tries that nobody answers: so many at first, and more with
 * each second. The node has them back when it answers.
 */
const budget = { first: 100, perSecond: 50, perPatientSecond: 10 };

/** Times in a row that a channel is nacked until the next election, and no longer: after that it is the queue's own word. */
export const promptRejections = 25;

/** ms for which a publish that is tried speaks for the consumers of its client: it finds the next leader, and costs less. */
const publishSpeaksMs = 2000;

/**
 * Is it no longer since then than a prompt election takes? A consumer that is registered later does not show that another
 * would be now: a channel of 3.10 asks the leader that hangs for a minute and then another node, and one that is opened later
 * waits as long again. It only shows that something stirs.
 */
export function isPrompt(connection: Connection, since: Ms): boolean {
  return nowOf(connection) - since < promptMs;
}

/** ms from one try of what is owed since then to the next; 0 as often as may be. */
export function pauseMs(connection: Connection, since: Ms): Ms {
  return isPrompt(connection, since) ? 0 : quietMs(connection);
}

/** The same of a consumer that waits since then. */
export function consumerPauseMs(connection: Connection, since: Ms): Ms {
  const isTried = nowOf(connection) - connection.triedPublishAt < publishSpeaksMs;
  return isTried ? quietMs(connection) : pauseMs(connection, since);
}

function quietMs(connection: Connection): Ms {
  if (isStirred(connection)) return 0;
  return nowOf(connection) - connection.stirredAt < settlingMs ? settlingEveryMs : patientEveryMs;
}

export function isStirred(connection: Connection): boolean {
  return nowOf(connection) - connection.stirredAt < stirredMs;
}

/** The client has just come to another node, or a try was answered: queues get other leaders. */
export function isElecting(connection: Connection): boolean {
  const { upstream } = connection;
  return (
    isStirred(connection) || (upstream !== undefined && nowOf(connection) - upstream.openedAt < stirredMs)
  );
}

/** Is there a channel left for a try of a consumer that waits since then? */
export function mayTry(connection: Connection, since: Ms): boolean {
  const waited = nowOf(connection) - since;
  const most =
    budget.first +
    (budget.perSecond * Math.min(waited, promptMs)) / 1000 +
    (budget.perPatientSecond * Math.max(0, waited - promptMs)) / 1000;
  return connection.upstreamChannels.size - connection.channels.size < most;
}
