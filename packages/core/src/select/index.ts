export * from './picker.ts';
export * from './primary.ts';
export * from './members.ts';
export * from './replica-preferred.ts';
