export { adapter } from './adapter.ts';
export { createClient, type SampleClient } from './client/create-client.ts';
export { type SampleConfig } from './config.ts';
