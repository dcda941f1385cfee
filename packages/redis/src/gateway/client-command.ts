import { encodeReply } from '../protocol/encode.ts';
import { bulk, error, integer, nullBulk, simple } from '../protocol/value.ts';
import type { RespValue } from '../protocol/value.ts';
import type { Session } from '../session/session.ts';
import type { ClientFacts } from './client-facts.ts';
import { describe, redirectionOf } from './client-facts.ts';
import { badClientName, isClientName } from './client-name.ts';
import { textReply } from './clients.ts';

export interface ClientAnswer {
  readonly session: Session;
  readonly reply: Buffer;
}

const ok = simple('OK');

/**
 * CLIENT, answered here: many clients share a connection, so its number and name on the server are nobody's. This is
 * what a client asks about itself; what it asks about others is in `clients.ts`.
 */
export function answerClient(args: readonly Buffer[], session: Session, facts: ClientFacts): ClientAnswer {
  const subcommand = args[1]?.toString('latin1').toUpperCase() ?? '';
  const value = args[2]?.toString();
  const keep = (reply: RespValue): ClientAnswer => ({ session, reply: encodeReply(reply) });
  if (args[1] === undefined) return keep(error("ERR wrong number of arguments for 'client' command"));
  const length = lengths.get(subcommand);
  if (length !== undefined && args.length !== length) return keep(wrongArguments(subcommand.toLowerCase()));
  switch (subcommand) {
    case 'ID':
      return keep(integer(facts.id));
    case 'GETNAME':
      if (session.clientName !== '') return keep(bulk(session.clientName));
      return keep(facts.identity.resp === 3 ? { type: 'null', form: 'resp3' } : nullBulk);
    case 'SETNAME':
      if (value === undefined || !isClientName(value)) return keep(badClientName);
      return { session: { ...session, clientName: value }, reply: encodeReply(ok) };
    case 'SETINFO': {
      const text = args[3]?.toString();
      if (value === undefined || text === undefined) return keep(wrongArguments('setinfo'));
      const field = value.toUpperCase();
      if (field !== 'LIB-NAME' && field !== 'LIB-VER') {
        return keep(error(`ERR Unrecognized option '${value}'`));
      }
      if (!isClientName(text)) {
        return keep(error(`ERR ${value} cannot contain spaces, newlines or special characters.`));
      }
      return {
        session: { ...session, [field === 'LIB-NAME' ? 'libraryName' : 'libraryVersion']: text },
        reply: encodeReply(ok),
      };
    }
    case 'INFO':
      return keep(textReply(`${describe(facts, 'client|info')}\n`, facts.identity.resp));
    case 'GETREDIR':
      return keep(integer(redirectionOf(session)));
    case 'NO-EVICT':
    case 'NO-TOUCH':
      // Hints to the server about one connection; ours carries many clients.
      return keep(/^(?:on|off)$/i.test(value ?? '') ? ok : error('ERR syntax error'));
    case 'REPLY':
      return keep(error('ERR syntax error'));
    case 'PAUSE':
    case 'UNPAUSE':
      return keep(
        error(`ERR CLIENT ${subcommand} is refused by failover: it would reach every client of the server`),
      );
    default:
      return { session, reply: unknownSubcommand(args[1]) };
  }
}

const wrongArguments = (subcommand: string): RespValue =>
  error(`ERR wrong number of arguments for 'client|${subcommand}' command`);

/** Of what each must have, with `CLIENT` and its own name. */
const lengths: ReadonlyMap<string, number> = new Map([
  ['ID', 2],
  ['GETNAME', 2],
  ['INFO', 2],
  ['GETREDIR', 2],
  ['SETNAME', 3],
  ['NO-EVICT', 3],
  ['NO-TOUCH', 3],
  ['REPLY', 3],
  ['SETINFO', 4],
]);

/** As the server shows it: the bytes of a word, up to a NUL, and no more than 128. */
function unknownSubcommand(word: Buffer): Buffer {
  const shown = /^[^\0]{0,128}/.exec(word.toString('latin1'))?.[0].replace(/[\r\n]/g, ' ') ?? '';
  return Buffer.from(`-ERR unknown subcommand '${shown}'. Try CLIENT HELP.\r\n`, 'latin1');
}
