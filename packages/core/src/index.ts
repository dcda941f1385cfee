export * from './model/index.ts';
export * from './errors.ts';
export * from './select/index.ts';
export * from './execute/index.ts';
export * from './runtime/runtime.ts';
export * from './runtime/system.ts';
export type * from './adapter.ts';
