import { encodeMethod } from './encode.ts';
import { FrameError } from './frame.ts';
import type { Method } from './methods.ts';
import type { Table } from './table.ts';

/** How a connection proves who it is: SASL's mechanism and response, as a client would send them. */
export interface Credentials {
  readonly mechanism: string;
  readonly response: Buffer;
}

export function plain(username: string, password: string): Credentials {
  return { mechanism: 'PLAIN', response: Buffer.from(`\0${username}\0${password}`) };
}

/** What both sides agreed on. `frameMax` and `channelMax` 0 mean no limit, `heartbeatS` 0 means none. */
export interface Tuned {
  readonly frameMax: number;
  readonly channelMax: number;
  readonly heartbeatS: number;
}

export interface LoginOptions {
  readonly credentials: Credentials;
  readonly clientProperties: Table;
}

export type LoginStep =
  | { readonly type: 'send'; readonly bytes: Buffer }
  /** The node believes who we are and offers this: answer with `open`. */
  | { readonly type: 'authenticated'; readonly offered: Tuned; readonly serverProperties: Table }
  | { readonly type: 'open' }
  /** The server's own words; it closes. */
  | { readonly type: 'refused'; readonly code: number; readonly text: string };

/** The client's side of the opening of a connection. The protocol header is sent before. */
export interface Login {
  /** One method of the node after the other. @throws FrameError at one that does not belong here. */
  hear(method: Method): LoginStep;
  /** What to send once authenticated. */
  open(vhost: string, tuned: Tuned): Buffer;
}

/** What every connection of ours can, whatever its client can: the broker then tells us all that it may tell. */
export const ourCapabilities: Table = {
  publisher_confirms: true,
  exchange_exchange_bindings: true,
  'basic.nack': true,
  consumer_cancel_notify: true,
  'connection.blocked': true,
  authentication_failure_close: true,
};

export function createLogin({ credentials, clientProperties }: LoginOptions): Login {
  let expected: Method['name'] = 'connection.start';
  let serverProperties: Table = {};

  return {
    hear(method) {
      if (method.name === 'connection.close') {
        return { type: 'refused', code: method.replyCode, text: method.replyText };
      }
      // With SASL PLAIN and AMQPLAIN nothing is asked again.
      if (method.name !== expected) throw new FrameError(`${method.name} where ${expected} was expected`);
      switch (method.name) {
        case 'connection.start': {
          const mechanisms = method.mechanisms.toString().split(' ');
          const { mechanism, response } = credentials;
          if (!mechanisms.includes(mechanism)) {
            const text = `ACCESS_REFUSED - the node offers ${mechanisms.join(' ')}, not ${mechanism}`;
            return { type: 'refused', code: 403, text };
          }
          serverProperties = method.serverProperties;
          expected = 'connection.tune';
          const startOk = { clientProperties, mechanism, response, locale: 'en_US' };
          return { type: 'send', bytes: encodeMethod(0, 'connection.start-ok', startOk) };
        }
        case 'connection.tune': {
          const { frameMax, channelMax, heartbeat } = method;
          const offered = { frameMax, channelMax, heartbeatS: heartbeat };
          return { type: 'authenticated', offered, serverProperties };
        }
        case 'connection.open-ok':
          return { type: 'open' };
        default:
          throw new FrameError(`${method.name} during the opening of a connection`);
      }
    },
    open(vhost, { frameMax, channelMax, heartbeatS }) {
      expected = 'connection.open-ok';
      return Buffer.concat([
        encodeMethod(0, 'connection.tune-ok', { frameMax, channelMax, heartbeat: heartbeatS }),
        encodeMethod(0, 'connection.open', { virtualHost: vhost }),
      ]);
    },
  };
}

/** The highest number that a channel may have. */
export function highestChannel({ channelMax }: Pick<Tuned, 'channelMax'>): number {
  return channelMax === 0 ? 65_535 : channelMax;
}

/** Of two limits, of which 0 means none, the one that binds. */
export function lowerLimit(a: number, b: number): number {
  return a === 0 || b === 0 ? Math.max(a, b) : Math.min(a, b);
}
