export * from './own-stall.ts';
export * from './silence.ts';
export * from './round-trip.ts';
export * from './failure-accrual.ts';
