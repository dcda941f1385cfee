export * from './failovers/index.ts';
export * from './metrics.ts';
