export * from './config-issues.ts';
export * from './seed-list.ts';
export * from './secret-file.ts';
export * from './without-undefined.ts';
