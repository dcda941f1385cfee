import { hostOf, portOf, type EndpointId } from '@failover/core';
import type { CommandArgument } from '../../protocol/encode.ts';
import { textOf, type RespValue } from '../../protocol/value.ts';
import { TestbedError } from '../testbed.ts';

/** One command to one node. */
export type Ask = (node: EndpointId, ...command: readonly CommandArgument[]) => Promise<RespValue>;

/** @throws TestbedError if the node answers with an error */
export async function must(
  ask: Ask,
  node: EndpointId,
  ...command: readonly CommandArgument[]
): Promise<RespValue> {
  const reply = await ask(node, ...command);
  if (reply.type !== 'error') return reply;
  // What it is about stands in front; keys and passwords come behind.
  throw new TestbedError(`${node}: ${command.slice(0, 4).join(' ')}: ${reply.text}`);
}

/** The node's name in the cluster. */
export async function idOf(ask: Ask, node: EndpointId): Promise<string> {
  return textOf(await must(ask, node, 'CLUSTER', 'MYID')) ?? '';
}

/** As commands want an address: two words. */
export function addressWords(node: EndpointId): readonly [host: string, port: number] {
  return [hostOf(node), portOf(node)];
}
