export * from './process/index.ts';
export * from './network/index.ts';
