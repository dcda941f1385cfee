export * from './problem.ts';
export * from './proxy-config.ts';
export * from './read-config.ts';
export * from './resolve-config.ts';
export * from './source.ts';
