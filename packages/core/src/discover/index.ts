export * from './topology-store.ts';
export * from './file-store.ts';
export * from './address-source.ts';
export * from './static.ts';
export * from './dns.ts';
export * from './watched-file.ts';
export * from './seeds.ts';
