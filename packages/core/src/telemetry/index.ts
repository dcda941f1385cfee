export * from './diagnostics.ts';
export * from './failovers/index.ts';
export * from './metrics.ts';
