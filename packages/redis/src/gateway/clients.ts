import type { CommandTraits } from '../protocol/commands/index.ts';
import { encodeCommand, encodeReply } from '../protocol/encode.ts';
import type { RespValue } from '../protocol/value.ts';
import { bulk, error, integer } from '../protocol/value.ts';
import type { ClientFacts } from './client-facts.ts';
import { describe } from './client-facts.ts';
import type { AboutOthers, ClientFilter } from './client-filter.ts';
import { matches } from './client-filter.ts';
import type { RespVersion } from './identity.ts';
import type { PendingCommand, PendingSession } from './pending.ts';
import { openGate } from './pending.ts';
import { refusedByUs } from './refuse.ts';
import { ok } from './status.ts';
import type { Upstream } from './upstream.ts';

/** A client, for those who ask who else is there. */
export interface Listed {
  facts(): ClientFacts;
  /** Where a server lets it wait for as long as it said. */
  readonly blockedOn: Pick<Upstream<unknown>, 'isOpen' | 'lease' | 'idThere'> | undefined;
  /** Ends it once everything that it asked is answered. */
  drain(): void;
  /** Ends it now, and tells it what is true of all that is unanswered. */
  kill(): void;
  close(): void;
}

/** Those of one door by their number, in the order in which they came. */
export type Clients = Map<number, Listed>;

/** As what a client came, among all that came to the same door. */
export interface ListedAt extends Pick<ClientFacts, 'id' | 'address' | 'reachedAt'> {
  readonly clients: ReadonlyMap<number, Listed>;
}

export type AnswerAboutOthers =
  /** `isMyEnd`: the one who asked is among those who go. */
  | { readonly type: 'reply'; readonly reply: Buffer; readonly isMyEnd: boolean }
  /** A server has the answer. */
  | { readonly type: 'ask'; readonly command: PendingCommand };

/**
 * Whoever is the same user is seen, and nobody else: no server was asked what this user may do, so it gets to do
 * nothing here that it could not do to itself.
 */
export function answerAboutOthers(
  asked: AboutOthers,
  head: Pick<PendingSession, 'deadline'>,
  clients: ReadonlyMap<number, Listed>,
  me: ClientFacts,
): AnswerAboutOthers {
  switch (asked.type) {
    case 'error':
      return reply(asked.reply);
    case 'list': {
      const lines = found(asked.filter, clients, me).map(([, facts]) =>
        describe(facts, facts.id === me.id ? 'client|list' : undefined),
      );
      return reply(encodeReply(textReply(lines.map((line) => `${line}\n`).join(''), me.identity.resp)));
    }
    case 'kill': {
      const killed = found(asked.filter, clients, me);
      for (const [client, { id }] of killed) if (id !== me.id) client.kill();
      const isMyEnd = killed.some(([, { id }]) => id === me.id);
      if (!asked.isByAddress) return reply(encodeReply(integer(killed.length)), isMyEnd);
      return killed.length === 0 ? reply(encodeReply(error('ERR No such client'))) : reply(ok, isMyEnd);
    }
    case 'unblock': {
      const client = found({ ids: new Set([asked.id]) }, clients, me)[0]?.[0];
      const on = client?.blockedOn;
      if (on === undefined) return reply(nobodyUnblocked);
      if (on.idThere === undefined) return reply(unknownThere);
      const bytes = encodeCommand(['CLIENT', 'UNBLOCK', on.idThere, asked.how]);
      const { deadline } = head;
      return {
        type: 'ask',
        command: {
          type: 'command',
          bytes,
          traits: unblock,
          confirmed: 0,
          about: on,
          deadline,
          gate: openGate,
        },
      };
    }
  }
}

/** What a person shall read. */
export function textReply(text: string, resp: RespVersion): RespValue {
  return resp === 3 ? { type: 'verbatim', format: 'txt', bytes: Buffer.from(text) } : bulk(text);
}

function found(
  filter: ClientFilter,
  clients: ReadonlyMap<number, Listed>,
  me: ClientFacts,
): readonly (readonly [Listed, ClientFacts])[] {
  const some =
    filter.ids === undefined ? clients.values() : [...filter.ids].flatMap((id) => clients.get(id) ?? []);
  return Array.from(some, (client) => [client, client.facts()] as const).filter(
    ([, facts]) => facts.user === me.user && matches(filter, facts, me),
  );
}

const reply = (bytes: Buffer, isMyEnd = false): AnswerAboutOthers => ({
  type: 'reply',
  reply: bytes,
  isMyEnd,
});

export const nobodyUnblocked = Buffer.from(':0\r\n');
const unknownThere = refusedByUs(
  'CLIENT UNBLOCK',
  'the server does not tell what number the client has there',
);

/** Sent twice it could end what the client waits for next. */
const unblock: CommandTraits = {
  name: 'CLIENT UNBLOCK',
  route: 'shared',
  isWrite: true,
  isIdempotent: false,
  isBlocking: false,
  keys: [],
};
