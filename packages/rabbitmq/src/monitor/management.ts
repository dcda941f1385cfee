import type { EndpointId } from '@failover/core';
import { endpointOf } from '@failover/core';
import { z } from 'zod';
import type { NodeReport, QueueReport } from '../replies.ts';

/** What is asked of the management API, each without what makes it slow. Listeners count as statistics: they are named. */
export const paths = {
  overview: '/api/overview?columns=listeners&enable_queue_totals=false',
  nodes: '/api/nodes?columns=name,running,mem_alarm,disk_free_alarm,being_drained,partitions',
  queues: '/api/queues?disable_stats=true&columns=vhost,name,leader,node,type',
} as const;

const overview = z.object({
  listeners: z
    .array(
      z.object({
        node: z.string(),
        protocol: z.string(),
        ip_address: z.string().default(''),
        port: z.number(),
      }),
    )
    .default([]),
});
const nodes = z.array(
  z.object({
    name: z.string(),
    running: z.boolean().default(false),
    mem_alarm: z.boolean().default(false),
    disk_free_alarm: z.boolean().default(false),
    being_drained: z.boolean().default(false),
    partitions: z.array(z.unknown()).default([]),
  }),
);
const queues = z.array(
  z.object({
    vhost: z.string(),
    name: z.string(),
    // Null while there is none.
    leader: z.string().nullish(),
    node: z.string().nullish(),
  }),
);

/** The nodes with their AMQP listeners. A listener on all addresses is reached by the host in the node's name. */
export function readNodes(overviewBody: unknown, nodesBody: unknown): readonly NodeReport[] {
  const listeners = overview.parse(overviewBody).listeners.filter(({ protocol }) => protocol === 'amqp');
  return nodes.parse(nodesBody).map((node) => {
    const listener = listeners.find((each) => each.node === node.name);
    const endpoint = listener === undefined ? undefined : addressOf(node.name, listener);
    return {
      name: node.name,
      isRunning: node.running,
      conditions: [
        ...(node.mem_alarm ? ['memory alarm'] : []),
        ...(node.disk_free_alarm ? ['disk alarm'] : []),
        ...(node.being_drained ? ['maintenance'] : []),
        ...(node.partitions.length > 0 ? ['partitioned'] : []),
      ],
      ...(endpoint === undefined ? {} : { endpoint }),
    };
  });
}

export function readQueues(body: unknown): readonly QueueReport[] {
  return queues.parse(body).map(({ vhost, name, leader, node }) => {
    const leads = leader ?? node ?? undefined;
    return { vhost, name, ...(leads === undefined ? {} : { leader: leads }) };
  });
}

function addressOf(
  node: string,
  listener: { readonly ip_address: string; readonly port: number },
): EndpointId | undefined {
  const isAny = ['', '::', '0.0.0.0'].includes(listener.ip_address);
  const host = isAny ? node.slice(node.indexOf('@') + 1) : listener.ip_address;
  // What loopback is called differs from machine to machine, and our own config says 127.0.0.1.
  return host === '' ? undefined : endpointOf(host === 'localhost' ? '127.0.0.1' : host, listener.port);
}
