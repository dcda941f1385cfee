export * from './elected-group.ts';
export * from './elected-adapter.ts';
export * from './run-seed.ts';
export * from './random-faults.ts';
export * from './many-servers.ts';
