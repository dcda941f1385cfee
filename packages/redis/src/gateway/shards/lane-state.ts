import { encodeCommand } from '../../protocol/encode.ts';
import { readHello } from '../hello.ts';
import type { RespVersion } from '../identity.ts';
import type { Unit } from './unit.ts';

/** What a client set up on its connection, to be set up again on each connection to a shard that is opened later. */
export class LaneState {
  resp: RespVersion = 2;
  readonly #commands = new Map<string, Uint8Array>();

  /** The servers took it. */
  taken({ args, bytes, traits }: Pick<Unit, 'args' | 'bytes' | 'traits'>): void {
    if (traits.name === 'RESET') {
      this.#commands.clear();
      this.resp = 2;
    }
    if (traits.name === 'HELLO') {
      this.#greeted(args);
      return;
    }
    const key = keyOf(args.map((arg) => arg.toString('latin1').toUpperCase()));
    if (key !== undefined) this.#set(key, Uint8Array.from(bytes));
  }

  /** The login first: nothing is taken from a stranger. */
  get commands(): Iterable<Uint8Array> {
    const login = this.#commands.get('AUTH');
    const others = [...this.#commands.values()].filter((bytes) => bytes !== login);
    return login === undefined ? others : [login, ...others];
  }

  /** Three in one: a later HELLO that names nobody leaves the client who it was. */
  #greeted(args: readonly Buffer[]): void {
    const hello = readHello(args);
    if (hello.type === 'error') return;
    const { resp, login, clientName } = hello;
    if (login !== undefined) this.#set('AUTH', encodeCommand(['AUTH', login.username, login.password]));
    if (resp !== undefined) {
      this.resp = resp;
      this.#set('HELLO', encodeCommand(['HELLO', resp]));
    }
    if (clientName !== undefined) this.#set('SETNAME', encodeCommand(['CLIENT', 'SETNAME', clientName]));
  }

  /** The last word counts, and comes last. */
  #set(key: string, bytes: Uint8Array): void {
    this.#commands.delete(key);
    this.#commands.set(key, bytes);
  }
}

function keyOf([name = '', second = '', third = '']: readonly string[]): string | undefined {
  if (name === 'AUTH' || name === 'SELECT') return name;
  if (name !== 'CLIENT') return undefined;
  if (second === 'SETINFO') return `${second} ${third}`;
  return ['SETNAME', 'TRACKING', 'NO-EVICT', 'NO-TOUCH'].includes(second) ? second : undefined;
}
