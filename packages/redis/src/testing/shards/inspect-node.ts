import type { EndpointId, Runtime } from '@failover/core';
import { textOf } from '../../protocol/value.ts';
import { seeRole, type SeenRole } from '../inspect.ts';
import { connectResp } from '../resp-client.ts';
import { parseClusterNodes, type KnownNode } from './cluster-nodes.ts';

/** What one node says of the cluster and of itself. */
export type SeenNode =
  | {
      readonly type: 'node';
      /** `cluster_state`. */
      readonly isOk: boolean;
      readonly role: SeenRole;
      readonly nodes: readonly KnownNode[];
    }
  | { readonly type: 'none'; readonly reason: string };

/** ms: a node on loopback answers in less than one; a hung one never. */
const askMs = 1_500;

export async function seeNode(runtime: Runtime, node: EndpointId, password?: string): Promise<SeenNode> {
  const client = connectResp(runtime, node, password);
  try {
    const [nodes, info, role] = await Promise.all([
      client.send(['CLUSTER', 'NODES'], askMs),
      client.send(['CLUSTER', 'INFO'], askMs),
      seeRole(runtime, node, password),
    ]);
    if (nodes.type === 'error') return { type: 'none', reason: nodes.text };
    return {
      type: 'node',
      isOk: (textOf(info) ?? '').includes('cluster_state:ok'),
      role,
      nodes: parseClusterNodes(textOf(nodes) ?? ''),
    };
  } catch (error) {
    return { type: 'none', reason: error instanceof Error ? error.message : String(error) };
  } finally {
    client.close();
  }
}
