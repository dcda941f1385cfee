/** Numbers of one gateway since it was opened; `clients`, `channels` and `upstreams` are those of now. */
export interface GatewayCounters {
  clients: number;
  channels: number;
  upstreams: number;
  /** Upstream connections that were lost under a client. */
  switches: number;
  /** Channels that were opened anew on a living connection. */
  channelResets: number;
  published: number;
  confirmed: number;
  delivered: number;
  /** Messages without a confirm that went again. */
  resent: number;
  /** Operations whose outcome nobody knows, told to their client. */
  unknown: number;
  /** Settled deliveries that the broker had taken back already. */
  staleAcks: number;
  /** Acks that left together with another one. */
  mergedAcks: number;
  /** Consumers that their client was told are gone. */
  consumersLost: number;
  closedSlow: number;
  cutDeliveries: number;
  protocolErrors: number;
}

export function zeroCounters(): GatewayCounters {
  return {
    clients: 0,
    channels: 0,
    upstreams: 0,
    switches: 0,
    channelResets: 0,
    published: 0,
    confirmed: 0,
    delivered: 0,
    resent: 0,
    unknown: 0,
    staleAcks: 0,
    mergedAcks: 0,
    consumersLost: 0,
    closedSlow: 0,
    cutDeliveries: 0,
    protocolErrors: 0,
  };
}
