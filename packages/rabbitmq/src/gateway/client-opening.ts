import type { ClientStream } from '@failover/core';
import { protocolHeader } from '../protocol/frame.ts';
import type { Tuned } from '../protocol/login.ts';
import { lowerLimit } from '../protocol/login.ts';
import type { Arguments, Method } from '../protocol/methods.ts';
import { replyCode } from '../protocol/reply-code.ts';
import type { Connection } from './connection.ts';
import { tellClient } from './frames.ts';
import { can, offerTo, startFrame } from './greeting.ts';
import { identityOf } from './identity.ts';
import type { KnownProperties } from './server-properties.ts';

/**
 * The server's side of the opening of a client's connection: header, start, authenticating, tuning, opening. Who the
 * client is, and what it may have, is for a node to say.
 */
export interface ClientOpening {
  /** The first bytes. Returns what follows the header, once all of that is there. */
  readHeader(chunk: Buffer): Buffer | undefined;
  /** False: it does not belong here. */
  hear(method: Method): boolean;
  /** A node takes the client for who it says it is, and offers this. */
  authenticated(offer: Tuned): void;
  /** A node is behind the client. */
  opened(): void;
}

export interface ClientOpeningOptions {
  readonly client: ClientStream;
  readonly properties: KnownProperties;
  /** What the node offers that the client is authenticated at. */
  offered(): Tuned | undefined;
  /** A node is needed that authenticates the client. */
  dial(): void;
  /** A node is needed that opens the client's virtual host. */
  openNode(vhost: string): void;
  setFrameMax(bytes: number): void;
  close(code: number, text: string): void;
  end(): void;
}

export function createClientOpening(connection: Connection, options: ClientOpeningOptions): ClientOpening {
  const { config, counters } = connection.gateway;
  let head = Buffer.alloc(0);

  function begin(startOk: Arguments<'connection.start-ok'>): void {
    const identity = identityOf(startOk, config);
    if (identity === undefined) {
      // Nothing else can be said again to another node on the client's behalf.
      const text = `ACCESS_REFUSED - failover: mechanism ${startOk.mechanism} is not offered`;
      options.close(replyCode.accessRefused, text);
      return;
    }
    connection.identity = identity;
    connection.hears = {
      cancel: can(identity.properties, 'consumer_cancel_notify'),
      blocked: can(identity.properties, 'connection.blocked'),
    };
    connection.phase = 'authenticating';
    options.dial();
  }

  function tune(tuneOk: Arguments<'connection.tune-ok'>): void {
    const offer = offerTo(options.offered() ?? connection.agreed);
    const frameMax = lowerLimit(offer.frameMax, tuneOk.frameMax);
    connection.agreed = {
      frameMax,
      channelMax: lowerLimit(offer.channelMax, tuneOk.channelMax),
      heartbeatS: tuneOk.heartbeat,
    };
    options.setFrameMax(frameMax === 0 ? Number.MAX_SAFE_INTEGER : frameMax);
  }

  function open(vhost: string): void {
    connection.vhost = vhost;
    connection.phase = 'opening';
    options.openNode(vhost);
  }

  return {
    readHeader(chunk) {
      head = Buffer.concat([head, chunk]);
      if (head.length < protocolHeader.length && protocolHeader.subarray(0, head.length).equals(head))
        return undefined;
      if (!head.subarray(0, protocolHeader.length).equals(protocolHeader)) {
        // Another protocol, or another version of ours: told what is spoken here, as the specification wants it.
        counters.protocolErrors += 1;
        options.client.write(protocolHeader);
        options.end();
        return undefined;
      }
      connection.phase = 'start';
      options.properties.get((properties) => {
        if (connection.phase !== 'start') return;
        const start = startFrame(properties);
        connection.toClient(start, 0, start.length);
      });
      const rest = head.subarray(protocolHeader.length);
      head = Buffer.alloc(0);
      return rest;
    },
    hear(method) {
      switch (connection.phase) {
        case 'start':
          if (method.name !== 'connection.start-ok') return false;
          begin(method);
          return true;
        case 'tuning':
          if (method.name === 'connection.tune-ok') tune(method);
          else if (method.name === 'connection.open') open(method.virtualHost);
          else return false;
          return true;
        case 'header':
        case 'authenticating':
        case 'opening':
        case 'running':
        case 'closing':
        case 'over':
          return false;
      }
    },
    authenticated(offer) {
      connection.phase = 'tuning';
      const { frameMax, channelMax, heartbeatS } = offerTo(offer);
      tellClient(connection, 0, 'connection.tune', { frameMax, channelMax, heartbeat: heartbeatS });
    },
    opened() {
      if (connection.phase !== 'opening') return;
      connection.phase = 'running';
      tellClient(connection, 0, 'connection.open-ok', {});
    },
  };
}
