import { newSession } from '../session/session.ts';
import type { Attachment } from './attachment.ts';
import type { AboutOthers } from './client-filter.ts';
import type { ClientFacts } from './client-facts.ts';
import type { ClientState } from './client-state.ts';
import type { ListedAt } from './clients.ts';
import { answerAboutOthers } from './clients.ts';
import type { GatewayContext } from './context.ts';
import type { Gates } from './gates.ts';
import type { ListenerRole } from './handshake.ts';
import type { Identity } from './identity.ts';
import type { Line } from './line.ts';
import type { Mute } from './mute.ts';
import type { Pending, PendingSession } from './pending.ts';
import { replyOf } from './pending.ts';
import type { Pool } from './pool.ts';
import { refusedByUs } from './refuse.ts';
import type { Route } from './route.ts';
import { answerSession } from './session-command.ts';
import { verify } from './verify.ts';
import { ok } from './status.ts';

/** A client that says something about its connection itself, with nothing in flight. */
export interface SessionStepOptions {
  readonly context: GatewayContext;
  readonly origin: { readonly role: ListenerRole };
  readonly options: {
    readonly at: ListedAt;
    /** Who it is until it says otherwise. */
    readonly identity: Identity;
  };
  readonly state: ClientState;
  readonly attachment: Attachment;
  readonly mute: Mute;
  readonly line: Line;
  readonly route: Route;
  readonly gates: Gates;
  readonly shared: Pool<Pending>;
  facts(): ClientFacts;
  /** It is somebody else now, with other connections. */
  become(identity: Identity): void;
  breakTransaction(): void;
  tooLate(head: PendingSession): void;
  /** This is the last that it hears. */
  quit(last: Uint8Array): void;
}

/** Does the command at the head of the line. True if it was dealt with. */
export function stepSession(head: PendingSession, client: SessionStepOptions): boolean {
  const { context, state, attachment, mute, line } = client;
  const { at, identity: initial } = client.options;
  const { identity } = state;
  const answer = answerSession(head, {
    context,
    identity,
    session: state.session,
    user: state.user,
    facts: client.facts(),
    role: client.origin.role,
    sentinel: { name: context.name, reachedAt: at.reachedAt },
  });
  if (attachment.isInTransaction && answer.type !== 'end' && answer.type !== 'reset') {
    // What it would set is set here and not on the server, so that EXEC would run with something else.
    client.breakTransaction();
    line.replace(head, replyOf(refusedByUs(head.name, 'not inside MULTI')));
    return true;
  }
  switch (answer.type) {
    case 'reply':
      state.session = answer.session;
      state.user = answer.user;
      if (answer.identity.key !== identity.key) client.become(answer.identity);
      line.replace(head, replyOf(answer.reply));
      return true;
    case 'verify':
      return isVerified(head, client, answer.identity, answer.needsProof);
    case 'others':
      return stepOthers(head, client, answer.asked);
    case 'mute':
      mute.set(answer.mode);
      if (answer.mode === 'on') line.replace(head, replyOf(ok));
      else line.shift();
      return true;
    case 'reset':
      mute.set('on');
      state.session = newSession;
      state.user = undefined;
      client.become(initial);
      attachment.reset();
      line.replace(head, replyOf(answer.reply));
      return true;
    case 'end':
      client.quit(answer.reply);
      return false;
  }
}

function stepOthers(head: PendingSession, client: SessionStepOptions, asked: AboutOthers): boolean {
  const { id, clients } = client.options.at;
  const answer = answerAboutOthers(asked, head, clients, client.facts());
  if (answer.type === 'ask') {
    client.line.replace(head, answer.command);
    return true;
  }
  client.line.replace(head, replyOf(answer.reply));
  if (answer.isMyEnd) clients.get(id)?.drain();
  return true;
}

/** True if the server is known to accept this identity; else it is asked. */
function isVerified(
  head: PendingSession,
  client: SessionStepOptions,
  identity: Identity,
  needsProof: boolean,
): boolean {
  const { context, gates, route, shared } = client;
  const lease = route.lease(head);
  if (lease === undefined) return false;
  if (!needsProof && shared.has(lease, identity)) {
    head.verdict = 'verified';
    return true;
  }
  const tooLate = (): void => {
    client.tooLate(head);
  };
  verify(head, { shared, gates, lease, identity, now: context.tick.now, tooLate });
  return false;
}
