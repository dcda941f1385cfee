export { launchEmbedded, type Ring } from './launch.ts';
export { type EmbeddedServer } from './embedded/server.ts';
export { embeddedTestbed, testbeds } from './testbed.ts';
