import type { EndpointId } from '@failover/core';

/** All that a server can tell a monitor. */
export type MonitorReply = { readonly type: 'peers'; readonly peers: readonly EndpointId[] };
