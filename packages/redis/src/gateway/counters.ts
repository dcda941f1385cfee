/** Numbers of one gateway since it was opened; `clients` and the two kinds of upstreams are those of now. */
export interface GatewayCounters {
  clients: number;
  sharedUpstreams: number;
  pinnedUpstreams: number;
  commands: number;
  resent: number;
  refusals: number;
  unknown: number;
  notExecuted: number;
  closedSlow: number;
  cutReplies: number;
  protocolErrors: number;
}

export function zeroCounters(): GatewayCounters {
  return {
    clients: 0,
    sharedUpstreams: 0,
    pinnedUpstreams: 0,
    commands: 0,
    resent: 0,
    refusals: 0,
    unknown: 0,
    notExecuted: 0,
    closedSlow: 0,
    cutReplies: 0,
    protocolErrors: 0,
  };
}
