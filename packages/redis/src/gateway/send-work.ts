import type { Attachment } from './attachment.ts';
import type { ClientState } from './client-state.ts';
import { nobodyUnblocked } from './clients.ts';
import type { Flight } from './flight.ts';
import type { Line } from './line.ts';
import type { Sendable } from './line-step.ts';
import type { Pending, PendingCommand, PendingLarge } from './pending.ts';
import { replyOf, restoreWork } from './pending.ts';
import { scanInterrupted } from './refuse.ts';
import type { Route } from './route.ts';
import { markOf, unmarked } from './scan-cursor.ts';
import { asking } from './shards/redirect.ts';
import type { Upstream } from './upstream.ts';
import type { WaitCover } from './wait-cover.ts';

/** A client of which the head of the line goes to a server. */
export interface SendWorkOptions {
  readonly line: Line;
  readonly flight: Flight;
  readonly attachment: Attachment;
  readonly cover: WaitCover;
  readonly state: Readonly<ClientState>;
  readonly route: Pick<Route, 'used'>;
  readonly side: { resume(): void };
  pauseReading(): void;
}

/** True if all of the head was sent, or it was answered. */
export function sendWork(to: Upstream<Pending>, head: Sendable, client: SendWorkOptions): boolean {
  const { flight, line } = client;
  switch (head.type) {
    case 'run':
      line.shift();
      flight.mute.begin();
      flight.send(to, undefined, head.bytes, head.from, head.to, head.count);
      return true;
    case 'command':
      return sendCommand(to, head, client);
    case 'restore':
      // The connection is there, which is all that it asked for.
      line.shift();
      return true;
    case 'large':
      return sendLarge(to, head, client);
  }
}

function sendCommand(to: Upstream<Pending>, asked: PendingCommand, client: SendWorkOptions): true {
  const { attachment, cover, flight, line, state } = client;
  const { scripts, tick } = flight.context;
  const { name, route } = asked.traits;
  const known = route === 'cursor' ? unmarked(asked.bytes, markOf(to.lease)) : asked.bytes;
  if (known === undefined) {
    line.replace(asked, replyOf(scanInterrupted));
    return true;
  }
  if (asked.about !== undefined && (!asked.about.isOpen || asked.about.lease !== to.lease)) {
    line.replace(asked, replyOf(nobodyUnblocked));
    return true;
  }
  line.shift();
  flight.mute.begin();
  const before = attachment.isInTransaction ? undefined : cover.before(name, to);
  if (before !== undefined) sendUnasked(to, before, flight);
  if (asked.isAsking === true) sendUnasked(to, asking, flight);
  const { command, count } = attachment.send(asked, state.identity.resp);
  const bytes = route === 'cursor' ? known : command.bytes;
  if (sendsScripts.has(name)) scripts.sent(command.bytes, to.lease, tick.now());
  flight.send(to, command, bytes, 0, bytes.length, count);
  return true;
}

/** One command of our own, right before the client's. */
function sendUnasked(to: Upstream<Pending>, bytes: Uint8Array, { answers }: Flight): void {
  to.send(answers, restoreWork(), bytes, 0, bytes.length, 1);
}

/** Passes on what came of it. */
function sendLarge(to: Upstream<Pending>, large: PendingLarge, client: SendWorkOptions): boolean {
  const { flight, line, route, side } = client;
  if (!large.hasBegun && flight.isBusy) return false;
  large.hasBegun = true;
  const { parts } = large;
  large.parts = [];
  large.bytes = 0;
  const last = large.isWhole ? parts.pop() : undefined;
  for (const part of parts) to.sendPart(part);
  route.used();
  if (last === undefined) {
    if (to.isCongested) client.pauseReading();
    else side.resume();
    return false;
  }
  line.shift();
  flight.mute.begin();
  flight.send(to, large, last, 0, last.length, 1);
  return true;
}

const sendsScripts: ReadonlySet<string> = new Set(['EVAL', 'EVAL_RO', 'SCRIPT LOAD', 'SCRIPT FLUSH']);
