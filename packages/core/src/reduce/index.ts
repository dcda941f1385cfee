export * from './failover-state.ts';
export * from './limits.ts';
export * from './reduction.ts';
export * from './reduce.ts';
