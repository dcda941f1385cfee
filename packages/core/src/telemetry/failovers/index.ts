export * from './failover.ts';
export * from './fold.ts';
export * from './settled-between.ts';
export * from './step-of.ts';
