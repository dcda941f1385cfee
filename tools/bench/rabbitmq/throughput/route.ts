import type { EndpointId } from '@failover/core';
import type { RabbitTestbed } from '@failover/rabbitmq/testing';
import { haproxyMissing, startHaproxy } from '../../process/haproxy.ts';
import { answersAmqp, urlOf } from '../cluster/cluster.ts';
import { startGateway } from '../contender/failover.ts';
import { nothingToEnd } from '../contender/contender.ts';
import type { MeterSpec } from './meter/orders.ts';
import { startPipe } from './pipe/pipe.ts';

/** A way from an amqplib to a node. */
export interface Route extends AsyncDisposable {
  readonly name: string;
  readonly spec: MeterSpec;
  /** Of the process in between, if there is one. */
  readonly pid?: number;
}

export const DIRECT = 'direct';
export const IN_PROCESS = 'failover in process';
export const GATEWAY = 'failover process';

export function direct(node: EndpointId, name = DIRECT): Route {
  return { name, spec: { type: 'amqplib', url: urlOf(node) }, [Symbol.asyncDispose]: nothingToEnd };
}

export function inProcess({ config }: RabbitTestbed): Route {
  return { name: IN_PROCESS, spec: { type: 'failover', config }, [Symbol.asyncDispose]: nothingToEnd };
}

export async function gateway(testbed: RabbitTestbed): Promise<Route> {
  const started = await startGateway(testbed);
  return proxied(GATEWAY, started);
}

/** Passes bytes to one node, as ours does in calm times. Undefined if it is not installed. */
export async function haproxy(testbed: RabbitTestbed, node: EndpointId): Promise<Route | undefined> {
  const why = haproxyMissing();
  if (why !== undefined) {
    console.log(`SKIPPED haproxy: ${why}`);
    return undefined;
  }
  return proxied(
    'haproxy',
    await startHaproxy([`server leader ${node}`], (port) => answersAmqp(testbed, port)),
  );
}

export async function pipe(node: EndpointId): Promise<Route> {
  return proxied('a pipe in Node', await startPipe(node));
}

function proxied(
  name: string,
  process: AsyncDisposable & { readonly port: number; readonly pid: number },
): Route {
  return {
    name,
    spec: { type: 'amqplib', url: urlOf(`127.0.0.1:${process.port}`) },
    pid: process.pid,
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}
