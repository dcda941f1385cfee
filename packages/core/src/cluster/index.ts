export type { DiagnosticsMessage } from './diagnostics.ts';
export type { ClusterOptions } from './create-cluster.ts';
export { createCluster } from './create-cluster.ts';
export type { ClusterHandle, HandleOptions } from './open-handle.ts';
export { openHandle } from './open-handle.ts';
