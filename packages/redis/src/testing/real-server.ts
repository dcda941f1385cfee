import { findServer, type RealServer } from './find-server.ts';
import { TestbedError } from './testbed.ts';

/** @throws TestbedError if there is no real server on this machine */
export async function realServer(): Promise<RealServer> {
  const found = await findServer();
  if (found.kind === 'embedded') throw new TestbedError(`no real Redis or Valkey: ${found.how}`);
  return found;
}

/** The version of Redis whose directives the server understands: Valkey began as Redis 7.2. */
export function majorVersionOf(server: RealServer): number {
  return server.kind === 'valkey' ? 7 : Number.parseInt(server.version, 10);
}
