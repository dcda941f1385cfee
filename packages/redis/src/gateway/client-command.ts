import type { EndpointId } from '@failover/core';
import { encodeReply } from '../protocol/encode.ts';
import { bulk, error, integer, nullBulk, simple } from '../protocol/value.ts';
import type { RespValue } from '../protocol/value.ts';
import type { Session } from '../session/session.ts';
import type { Identity } from './identity.ts';

export interface ClientFacts {
  readonly id: number;
  readonly address: string;
  readonly reachedAt?: EndpointId | undefined;
  readonly ageMs: number;
  readonly identity: Identity;
  /** Of the gateway's own users. */
  readonly user?: string | undefined;
}

export interface ClientAnswer {
  readonly session: Session;
  readonly reply: Buffer;
}

const ok = simple('OK');

/**
 * CLIENT, answered here: many clients share a connection, so its number, name and list on the server are nobody's.
 * A client sees itself and nobody else, and cannot end or stop another.
 */
export function answerClient(args: readonly Buffer[], session: Session, facts: ClientFacts): ClientAnswer {
  const subcommand = args[1]?.toString('latin1').toUpperCase() ?? '';
  const value = args[2]?.toString();
  const keep = (reply: RespValue): ClientAnswer => ({ session, reply: encodeReply(reply) });
  switch (subcommand) {
    case 'ID':
      return keep(integer(facts.id));
    case 'GETNAME':
      if (session.clientName !== '') return keep(bulk(session.clientName));
      return keep(facts.identity.resp === 3 ? { type: 'null', form: 'resp3' } : nullBulk);
    case 'SETNAME':
      if (value === undefined || args.length !== 3) return keep(wrongArguments('setname'));
      if (!isPrintable(value)) {
        return keep(error('ERR Client names cannot contain spaces, newlines or special characters.'));
      }
      return { session: { ...session, clientName: value }, reply: encodeReply(ok) };
    case 'SETINFO': {
      const text = args[3]?.toString();
      if (value === undefined || text === undefined || args.length !== 4)
        return keep(wrongArguments('setinfo'));
      const field = value.toUpperCase();
      if (field !== 'LIB-NAME' && field !== 'LIB-VER') {
        return keep(error(`ERR Unrecognized option '${value}'`));
      }
      if (!isPrintable(text)) {
        return keep(error(`ERR ${value} cannot contain spaces, newlines or special characters.`));
      }
      return {
        session: { ...session, [field === 'LIB-NAME' ? 'libraryName' : 'libraryVersion']: text },
        reply: encodeReply(ok),
      };
    }
    case 'INFO':
    case 'LIST':
      return keep(bulk(`${describe(subcommand, session, facts)}\n`));
    case 'GETREDIR':
      return keep(integer(-1));
    case 'NO-EVICT':
    case 'NO-TOUCH':
      // Hints to the server about one connection; ours carries many clients.
      return keep(ok);
    case 'REPLY':
      return keep(error('ERR syntax error'));
    default:
      return keep(
        error(
          `ERR CLIENT ${subcommand} is refused by failover: it would reach the connections of other clients`,
        ),
      );
  }
}

function describe(subcommand: string, session: Session, facts: ClientFacts): string {
  return [
    `id=${facts.id}`,
    `addr=${facts.address}`,
    `laddr=${facts.reachedAt ?? ''}`,
    `name=${session.clientName}`,
    `age=${Math.floor(facts.ageMs / 1000)}`,
    `db=${facts.identity.db}`,
    `sub=${session.subscriptions.channel.size}`,
    `psub=${session.subscriptions.pattern.size}`,
    `ssub=${session.subscriptions.shard.size}`,
    `cmd=client|${subcommand.toLowerCase()}`,
    `user=${facts.user ?? facts.identity.username ?? 'default'}`,
    `resp=${facts.identity.resp}`,
    `lib-name=${session.libraryName}`,
    `lib-ver=${session.libraryVersion}`,
  ].join(' ');
}

const wrongArguments = (subcommand: string): RespValue =>
  error(`ERR wrong number of arguments for 'client|${subcommand}' command`);

const isPrintable = (text: string): boolean => /^[!-~]*$/.test(text);
