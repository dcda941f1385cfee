export * from './process/index.ts';
