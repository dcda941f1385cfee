export * from './picker.ts';
export * from './primary.ts';
export * from './members.ts';
export * from './nearest.ts';
export * from './or-primary.ts';
