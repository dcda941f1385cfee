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
  readonly vhost: string;
  readonly clientProperties: Table;
  /** What we want, given what the server offers. */
  tune(offered: Tuned): Tuned;
}

export type LoginStep =
  | { readonly type: 'send'; readonly bytes: Buffer }
  | { readonly type: 'open'; readonly tuned: Tuned; readonly serverProperties: Table }
  /** The server's own words; it closes. */
  | { readonly type: 'refused'; readonly code: number; readonly text: string };

/** What every connection of ours can, whatever its client can: the broker then tells us all that it may tell. */
export const ourCapabilities: Table = {
  publisher_confirms: true,
  exchange_exchange_bindings: true,
  'basic.nack': true,
  consumer_cancel_notify: true,
  'connection.blocked': true,
  authentication_failure_close: true,
};

/** The client's side of the opening of a connection, one method after the other. The protocol header is sent before. */
export function createLogin(options: LoginOptions): (method: Method) => LoginStep {
  let expected: Method['name'] = 'connection.start';
  let serverProperties: Table = {};
  let tuned: Tuned = { frameMax: 0, channelMax: 0, heartbeatS: 0 };

  return (method) => {
    if (method.name === 'connection.close') {
      return { type: 'refused', code: method.replyCode, text: method.replyText };
    }
    if (method.name !== expected) {
      // With SASL PLAIN and AMQPLAIN nothing is asked again.
      throw new FrameError(`${method.name} where ${expected} was expected`);
    }
    switch (method.name) {
      case 'connection.start': {
        const mechanisms = method.mechanisms.toString().split(' ');
        const { mechanism, response } = options.credentials;
        if (!mechanisms.includes(mechanism)) {
          const text = `ACCESS_REFUSED - the node offers ${mechanisms.join(' ')}, not ${mechanism}`;
          return { type: 'refused', code: 403, text };
        }
        serverProperties = method.serverProperties;
        expected = 'connection.tune';
        const { clientProperties } = options;
        const bytes = encodeMethod(0, 'connection.start-ok', {
          clientProperties,
          mechanism,
          response,
          locale: 'en_US',
        });
        return { type: 'send', bytes };
      }
      case 'connection.tune': {
        const { frameMax, channelMax, heartbeat } = method;
        tuned = options.tune({ frameMax, channelMax, heartbeatS: heartbeat });
        expected = 'connection.open-ok';
        const bytes = Buffer.concat([
          encodeMethod(0, 'connection.tune-ok', {
            frameMax: tuned.frameMax,
            channelMax: tuned.channelMax,
            heartbeat: tuned.heartbeatS,
          }),
          encodeMethod(0, 'connection.open', { virtualHost: options.vhost }),
        ]);
        return { type: 'send', bytes };
      }
      case 'connection.open-ok':
        return { type: 'open', tuned, serverProperties };
      default:
        throw new FrameError(`${method.name} during the opening of a connection`);
    }
  };
}

/** Of two limits, of which 0 means none, the one that binds. */
export function lowerLimit(a: number, b: number): number {
  return a === 0 || b === 0 ? Math.max(a, b) : Math.min(a, b);
}
