export * from './address-map.ts';
export * from './config-issues.ts';
export * from './seed-list.ts';
export * from './secret-file.ts';
export * from './tls-options.ts';
export * from './without-undefined.ts';
