import { encodeReply } from '../protocol/encode.ts';
import { error } from '../protocol/value.ts';
import type { ClientFacts, ClientType } from './client-facts.ts';
import { ageOf, clientTypeOf, typeOf } from './client-facts.ts';
import { readInteger } from './read-integer.ts';

/** Which clients are meant: those of whom all of it is true. */
export interface ClientFilter {
  /** In this order. */
  readonly ids?: ReadonlySet<number>;
  readonly type?: ClientType;
  readonly address?: string;
  readonly reachedAt?: string;
  readonly user?: string;
  /** s, at least. */
  readonly age?: number;
  readonly skipsMe?: boolean;
}

/** What one client asks about, or does to, the others. */
export type AboutOthers =
  | { readonly type: 'list'; readonly filter: ClientFilter }
  /** `isByAddress`: the old form, which is answered with OK or an error, and not with a number. */
  | { readonly type: 'kill'; readonly filter: ClientFilter; readonly isByAddress: boolean }
  | { readonly type: 'unblock'; readonly id: number; readonly how: 'TIMEOUT' | 'ERROR' }
  | { readonly type: 'error'; readonly reply: Buffer };

export function matches(filter: ClientFilter, client: ClientFacts, me: Pick<ClientFacts, 'id'>): boolean {
  if (filter.skipsMe === true && client.id === me.id) return false;
  return (
    (filter.ids === undefined || filter.ids.has(client.id)) &&
    (filter.type === undefined || filter.type === typeOf(client)) &&
    (filter.address === undefined || filter.address === client.address) &&
    (filter.reachedAt === undefined || filter.reachedAt === client.reachedAt) &&
    (filter.user === undefined || filter.user === client.user) &&
    (filter.age === undefined || ageOf(client) >= filter.age)
  );
}

/** `undefined`: it is about nobody but the client itself. Errors are in the server's words. */
export function readAboutOthers(args: readonly Buffer[]): AboutOthers | undefined {
  const words = args.slice(2).map((arg) => arg.toString());
  switch (args[1]?.toString('latin1').toUpperCase()) {
    case 'LIST':
      return readList(words);
    case 'KILL':
      return readKill(words);
    case 'UNBLOCK':
      return readUnblock(words);
    default:
      return undefined;
  }
}

function readList([option, ...values]: readonly string[]): AboutOthers {
  if (option === undefined) return { type: 'list', filter: {} };
  const [word] = values;
  switch (option.toUpperCase()) {
    case 'TYPE': {
      if (word === undefined || values.length > 1) return syntaxError;
      const type = clientTypeOf(word);
      return type === undefined ? unknownType(word) : { type: 'list', filter: { type } };
    }
    case 'ID': {
      if (word === undefined) return syntaxError;
      const ids = values.flatMap((value) => integerOf(value) ?? []);
      return ids.length < values.length
        ? failed('Invalid client ID')
        : { type: 'list', filter: { ids: new Set(ids) } };
    }
    default:
      return syntaxError;
  }
}

function readKill(words: readonly string[]): AboutOthers {
  const [address] = words;
  if (address === undefined) return failed("wrong number of arguments for 'client|kill' command");
  if (words.length === 1) return { type: 'kill', filter: { address }, isByAddress: true };
  let filter: ClientFilter = { skipsMe: true };
  for (let at = 0; at < words.length; at += 2) {
    const read = readCondition(words[at] ?? '', words[at + 1]);
    if ('reply' in read) return read;
    filter = { ...filter, ...read };
  }
  return { type: 'kill', filter, isByAddress: false };
}

type Failed = Extract<AboutOthers, { type: 'error' }>;

function readCondition(option: string, value: string | undefined): ClientFilter | Failed {
  if (value === undefined) return syntaxError;
  switch (option.toUpperCase()) {
    case 'ID': {
      const id = integerOf(value);
      return id === undefined || id < 1
        ? failed('client-id should be greater than 0')
        : { ids: new Set([id]) };
    }
    case 'TYPE': {
      const type = clientTypeOf(value);
      return type === undefined ? unknownType(value) : { type };
    }
    case 'ADDR':
      return { address: value };
    case 'LADDR':
      return { reachedAt: value };
    case 'USER':
      return { user: value };
    case 'MAXAGE': {
      const age = integerOf(value);
      if (age === undefined) return failed('maxage is not an integer or out of range');
      return age < 1 ? failed('maxage should be greater than 0') : { age };
    }
    case 'SKIPME': {
      const word = value.toLowerCase();
      return word === 'yes' || word === 'no' ? { skipsMe: word === 'yes' } : syntaxError;
    }
    default:
      return syntaxError;
  }
}

function readUnblock([id, reason = 'TIMEOUT', ...others]: readonly string[]): AboutOthers {
  if (id === undefined || others.length > 0) {
    return failed("wrong number of arguments for 'client|unblock' command");
  }
  const how = reason.toUpperCase();
  if (how !== 'TIMEOUT' && how !== 'ERROR') {
    return failed('CLIENT UNBLOCK reason should be TIMEOUT or ERROR');
  }
  const number = integerOf(id);
  return number === undefined
    ? failed('value is not an integer or out of range')
    : { type: 'unblock', id: number, how };
}

const failed = (text: string): Failed => ({ type: 'error', reply: encodeReply(error(`ERR ${text}`)) });
const syntaxError = failed('syntax error');
const unknownType = (word: string): Failed => failed(`Unknown client type '${word}'`);

/** No number of a client here is beyond what is exact. */
function integerOf(word: string): number | undefined {
  const value = readInteger(word);
  return value === undefined ? undefined : Number(value);
}
