import { freePorts, isFree } from '@failover/testing';

export interface NodePorts {
  readonly port: number;
  readonly busPort: number;
}

/** What an old server adds to its port for the bus. */
const busOffset = 10_000;

/** Two free ports on loopback for each node. Servers before 7 cannot be told the second one. */
export async function nodePorts(count: number, majorVersion: number): Promise<readonly NodePorts[]> {
  if (majorVersion >= 7) {
    const ports = await freePorts(count * 2);
    return ports.slice(0, count).map((port, at) => ({ port, busPort: ports[count + at] as number }));
  }
  const found: NodePorts[] = [];
  while (found.length < count) {
    const [port = 0] = await freePorts(1);
    const busPort = port + busOffset;
    if (busPort < 65_536 && (await isFree(busPort))) found.push({ port, busPort });
  }
  return found;
}
