import { encodeReply } from '../protocol/encode.ts';
import type { RespEntry, RespValue } from '../protocol/value.ts';
import { array, bulk, error, integer, itemsOf, textOf } from '../protocol/value.ts';
import { badClientName, isClientName } from './client-name.ts';
import type { RespVersion } from './identity.ts';
import { readInteger } from './read-integer.ts';

export interface Hello {
  readonly type: 'hello';
  /** `undefined` leaves it as it is. */
  readonly resp: RespVersion | undefined;
  readonly login: { readonly username: string; readonly password: string } | undefined;
  readonly clientName: string | undefined;
}

/** `HELLO [version [AUTH user password] [SETNAME name]]`, or the error that Redis answers. */
export function readHello(
  args: readonly Buffer[],
): Hello | { readonly type: 'error'; readonly reply: RespValue } {
  const words = args.map((arg) => arg.toString());
  let login: Hello['login'];
  let clientName: string | undefined;
  if (words[1] === undefined) return { type: 'hello', resp: undefined, login, clientName };
  if (readInteger(words[1]) === undefined) {
    return { type: 'error', reply: error('ERR Protocol version is not an integer or out of range') };
  }
  if (words[1] !== '2' && words[1] !== '3') {
    return { type: 'error', reply: error('NOPROTO unsupported protocol version') };
  }
  for (let at = 2; at < words.length;) {
    const option = words[at]?.toUpperCase();
    const [first, second] = [words[at + 1], words[at + 2]];
    if (option === 'AUTH' && first !== undefined && second !== undefined) {
      login = { username: first, password: second };
      at += 3;
    } else if (option === 'SETNAME' && first !== undefined) {
      if (!isClientName(first)) return { type: 'error', reply: badClientName };
      clientName = first;
      at += 2;
    } else {
      return { type: 'error', reply: error(`ERR Syntax error in HELLO option '${words[at] ?? ''}'`) };
    }
  }
  return { type: 'hello', resp: words[1] === '3' ? 3 : 2, login, clientName };
}

export interface Greeting {
  readonly server: string;
  readonly version: string;
}

/** Which server it is, out of its own answer to HELLO. */
export function greetingIn(value: RespValue | undefined): Greeting | undefined {
  const [server, version] = [textOf(fieldOf(value, 'server')), textOf(fieldOf(value, 'version'))];
  return server === undefined || version === undefined ? undefined : { server, version };
}

/** What number our connection has at that server. */
export function idIn(value: RespValue | undefined): number | undefined {
  const id = fieldOf(value, 'id');
  return id?.type === 'integer' ? Number(id.value) : undefined;
}

function fieldOf(value: RespValue | undefined, name: string): RespValue | undefined {
  const items = itemsOf(value) ?? [];
  const at = items.findIndex((item, index) => index % 2 === 0 && textOf(item) === name);
  return at === -1 ? undefined : items[at + 1];
}

/** The answer to HELLO: the server's words, with the number that this client has here and not there. */
export function helloReply(greeting: Greeting, resp: RespVersion, clientId: number, role: string): Buffer {
  const entries: readonly RespEntry[] = [
    [bulk('server'), bulk(greeting.server)],
    [bulk('version'), bulk(greeting.version)],
    [bulk('proto'), integer(resp)],
    [bulk('id'), integer(clientId)],
    [bulk('mode'), bulk('standalone')],
    [bulk('role'), bulk(role)],
    [bulk('modules'), array([])],
  ];
  return encodeReply(resp === 3 ? { type: 'map', entries } : array(entries.flat()));
}
