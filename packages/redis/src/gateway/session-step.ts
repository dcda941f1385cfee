import type { EndpointId, Ms } from '@failover/core';
import { newSession } from '../session/session.ts';
import type { Attachment } from './attachment.ts';
import type { ClientState } from './client-state.ts';
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

/** What a client's connection is, whatever it says on it. */
export interface ClientOrigin {
  readonly id: number;
  readonly address: string;
  readonly reachedAt?: EndpointId | undefined;
  readonly openedAt: Ms;
  /** Who it is until it says otherwise. */
  readonly initial: Identity;
  readonly role: ListenerRole;
}

export interface SessionStepOptions {
  readonly context: GatewayContext;
  readonly origin: ClientOrigin;
  readonly state: Readonly<ClientState> & { session: ClientState['session'] };
  readonly attachment: Attachment;
  readonly mute: Mute;
  readonly line: Line;
  readonly route: Route;
  readonly gates: Gates;
  readonly shared: Pool<Pending>;
  /** It is somebody else now, with other connections. */
  become(identity: Identity): void;
  breakTransaction(): void;
  tooLate(head: PendingSession): void;
  /** It quits: this is the last that it hears. */
  end(reply: Uint8Array): void;
}

/**
 * Does a command about the connection itself that stands at the head of the line, with nothing in flight. True if it
 * was dealt with.
 */
export function createSessionStep(options: SessionStepOptions): (head: PendingSession) => boolean {
  const { context, origin, state, attachment, mute, line, route, gates, shared } = options;
  const { id, address, reachedAt, openedAt, initial, role } = origin;
  const { tick } = context;

  /** True if the server is known to accept this identity; else it is asked. */
  function verified(head: PendingSession, identity: Identity, needsProof: boolean): boolean {
    const lease = route.lease(head);
    if (lease === undefined) return false;
    if (!needsProof && shared.has(lease, identity)) {
      head.verdict = 'verified';
      return true;
    }
    const tooLate = (): void => {
      options.tooLate(head);
    };
    verify(head, { shared, gates, lease, identity, now: tick.now, tooLate });
    return false;
  }

  return (head) => {
    const { identity } = state;
    const answer = answerSession(head, {
      context,
      identity,
      initial,
      session: state.session,
      facts: { id, address, reachedAt, ageMs: tick.now() - openedAt, identity },
      role,
      sentinel: { name: context.name, reachedAt },
    });
    if (attachment.isInTransaction && answer.type !== 'end' && answer.type !== 'reset') {
      // What it would set is set here and not on the server, so that EXEC would run with something else.
      options.breakTransaction();
      line.replace(head, replyOf(refusedByUs(head.name, 'not inside MULTI')));
      return true;
    }
    switch (answer.type) {
      case 'reply':
        state.session = answer.session;
        if (answer.identity.key !== identity.key) options.become(answer.identity);
        line.replace(head, replyOf(answer.reply));
        return true;
      case 'verify':
        return verified(head, answer.identity, answer.needsProof);
      case 'mute':
        mute.set(answer.mode);
        if (answer.mode === 'on') line.replace(head, replyOf(ok));
        else line.shift();
        return true;
      case 'reset':
        mute.set('on');
        state.session = newSession;
        options.become(initial);
        attachment.reset();
        line.replace(head, replyOf(answer.reply));
        return true;
      case 'end':
        options.end(answer.reply);
        return false;
    }
  };
}

const ok = Buffer.from('+OK\r\n');
