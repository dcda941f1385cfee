export * from './retry-budget.ts';
export * from './next-step.ts';
export * from './hold.ts';
export * from './classify-loss.ts';
