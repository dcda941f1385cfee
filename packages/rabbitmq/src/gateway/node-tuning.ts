import type { Tuned } from '../protocol/login.ts';
import { lowerLimit } from '../protocol/login.ts';
import type { Connection } from './connection.ts';

/** What a node is asked for on the client's behalf, given what it offers. */
export function tuningFor({ agreed, gateway }: Connection, offer: Tuned): Tuned {
  // Nodes from 4.1 on take no less than 8192; smaller frames of the client pass all the same.
  const wanted = agreed.frameMax === 0 ? 0 : Math.max(agreed.frameMax, 8192);
  return {
    frameMax: lowerLimit(offer.frameMax, wanted),
    channelMax: offer.channelMax,
    heartbeatS: gateway.config.heartbeatS,
  };
}
