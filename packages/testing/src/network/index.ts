export { startFaultProxy, type FaultProxy, type FaultProxyOptions, type Heal } from './fault-proxy.ts';
export type { Direction, NetworkFault } from './network-fault.ts';
export type { FrameScan } from './reply-filter.ts';
export { resetStream, tcpListen, type Listen, type Unlisten } from './listen.ts';
export * from './localhost-certificate.ts';
export * from './tls-front.ts';
