import { endpointOf, hostOf, portOf, type EndpointId } from '@failover/core';

export const helloChannel = '__sentinel__:hello';

/** What each Sentinel tells all others, through the servers that they watch. */
export interface Hello {
  readonly sentinel: EndpointId;
  readonly runId: string;
  readonly currentEpoch: number;
  readonly name: string;
  readonly master: EndpointId;
  readonly configEpoch: number;
}

export function formatHello(hello: Hello): string {
  const { sentinel, runId, currentEpoch, name, master, configEpoch } = hello;
  return [
    hostOf(sentinel),
    portOf(sentinel),
    runId,
    currentEpoch,
    name,
    hostOf(master),
    portOf(master),
    configEpoch,
  ].join(',');
}

/** `undefined` if it is no hello: anybody may publish there. */
export function parseHello(text: string): Hello | undefined {
  const words = text.split(',');
  const [host, port, runId, currentEpoch, name, masterHost, masterPort, configEpoch] = words;
  if (words.length !== 8 || !host || !masterHost || !runId || name === undefined) return undefined;
  return {
    sentinel: endpointOf(host, Number(port)),
    runId,
    currentEpoch: Number(currentEpoch),
    name,
    master: endpointOf(masterHost, Number(masterPort)),
    configEpoch: Number(configEpoch),
  };
}
