import { hostOf, portOf, type EndpointId } from '@failover/core';
import type { Instance } from './instance.ts';

/** Role, config file and the end of all client connections in one transaction. @see sentinelSendSlaveOf in Redis */
export function follow(server: Instance, master: EndpointId | undefined): void {
  const target = master === undefined ? ['NO', 'ONE'] : [hostOf(master), String(portOf(master))];
  for (const command of [
    ['MULTI'],
    ['SLAVEOF', ...target],
    ['CONFIG', 'REWRITE'],
    ['CLIENT', 'KILL', 'TYPE', 'normal'],
    ['CLIENT', 'KILL', 'TYPE', 'pubsub'],
    ['EXEC'],
  ]) {
    server.link.send(command);
  }
}
