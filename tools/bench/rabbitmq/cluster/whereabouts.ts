import type { EndpointId } from '@failover/core';
import type { RabbitTestbed } from '@failover/rabbitmq/testing';

/** Node and name of each connection in the cluster that has a name. */
const NAMED_CONNECTIONS = `
  [{Node, Name} ||
    [{node, Node}, {client_properties, Properties}] <-
      rabbit_networking:connection_info_all([node, client_properties]),
    {<<"connection_name">>, _, Name} <- Properties].
`;

/**
 * The node of each connection that has a name, as the brokers tell it: no client is asked, and what stands between
 * does not matter. Takes a second of a quiet processor.
 */
export async function connectedTo(testbed: RabbitTestbed): Promise<ReadonlyMap<string, EndpointId>> {
  const [asked] = testbed.members;
  if (asked === undefined) throw new Error('a cluster without nodes');
  const text = await testbed.ctl(asked, 'eval', NAMED_CONNECTIONS);
  const endpoints = new Map([...testbed.nodeNames].map(([endpoint, name]) => [name, endpoint]));
  const found = new Map<string, EndpointId>();
  for (const [, node = '', name = ''] of text.matchAll(/\{'?([^\s,']+)'?,\s*<<"([^"]*)">>\}/g)) {
    const endpoint = endpoints.get(node);
    if (endpoint !== undefined) found.set(name, endpoint);
  }
  return found;
}
