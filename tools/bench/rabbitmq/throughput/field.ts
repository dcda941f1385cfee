import type { EndpointId } from '@failover/core';
import type { RabbitTestbed } from '@failover/rabbitmq/testing';
import { declareQueues, deleteQueues } from '../cluster/queue.ts';
import { connectedTo } from '../cluster/whereabouts.ts';
import { type Meter, startMeter } from './meter/meter.ts';
import type { Place } from './meter/orders.ts';
import type { Route } from './route.ts';

export interface Lane {
  readonly name: string;
  readonly pid?: number | undefined;
  readonly meter: Meter;
}

/** Some routes to one node, which leads their queue. */
export interface Field extends AsyncDisposable {
  readonly node: EndpointId;
  readonly place: Place;
  readonly lanes: readonly Lane[];
}

/**
 * Ours goes to a node of its own choice; the queue is then led by that node, and all others go there too: the way from
 * the client to the leader is the same for all.
 */
export async function openField(
  testbed: RabbitTestbed,
  ours: Route,
  others: (node: EndpointId) => Promise<readonly (Route | undefined)[]>,
): Promise<Field> {
  const routes: Route[] = [ours];
  const lanes: Lane[] = [];
  const queue = `throughput.${ours.name}`;
  const open = async (route: Route): Promise<void> => {
    const meter = await startMeter({ spec: route.spec, name: route.name });
    lanes.push({ name: route.name, pid: route.pid, meter });
  };
  async function close(): Promise<void> {
    await Promise.all(lanes.map(({ meter }) => meter.end()));
    await Promise.all(routes.map((route) => route[Symbol.asyncDispose]()));
  }
  try {
    await open(ours);
    const node = (await connectedTo(testbed)).get(ours.name);
    if (node === undefined) throw new Error(`no node knows the connection of ${ours.name}`);
    await declareQueues(testbed, node, [queue]);
    await testbed.moveLeader(queue, node);
    const found = (await others(node)).filter((route) => route !== undefined);
    routes.push(...found);
    for (const route of found) await open(route);
    console.log(`${[...lanes].map(({ name }) => name).join(', ')}: all on ${node}, which leads the queue`);
    return {
      node,
      place: { queue, server: node },
      lanes,
      async [Symbol.asyncDispose]() {
        await close();
        await deleteQueues(testbed, node, [queue]);
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
