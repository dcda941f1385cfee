import { startServer, type EmbeddedServer } from './embedded/server.ts';

/** Servers that know each other. A real backend is launched here too, on the testing kit's process supervisor. */
export interface Ring extends AsyncDisposable {
  readonly servers: readonly EmbeddedServer[];
  readonly addresses: readonly string[];
}

export async function launchEmbedded(members: number): Promise<Ring> {
  const servers: EmbeddedServer[] = [];
  const addresses: string[] = [];
  while (servers.length < members) {
    const server = await startServer(() => addresses);
    servers.push(server);
    addresses.push(server.address);
  }
  return {
    servers,
    addresses,
    async [Symbol.asyncDispose]() {
      await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
    },
  };
}
