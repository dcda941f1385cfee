export * from './process/index.ts';
export * from './foreign/index.ts';
export * from './network/index.ts';
export * from './faults/index.ts';
export * from './history/index.ts';
export * from './workload/index.ts';
