import type { EndpointId, Runtime } from '@failover/core';
import { duplexPair } from './duplex-pair.ts';
import type { ScriptedServer } from './scripted-server.ts';

/** Connections in memory to scripted servers; to any other address nobody answers. */
export function scriptedNetwork(servers: ReadonlyMap<EndpointId, ScriptedServer>): Pick<Runtime, 'connect'> {
  return {
    connect(to) {
      const [near, far] = duplexPair();
      setImmediate(() => {
        near.emit('connect');
      });
      servers.get(to)?.accept(far);
      return near;
    },
  };
}
