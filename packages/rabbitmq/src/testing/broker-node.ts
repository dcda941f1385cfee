import { join } from 'node:path';
import type { EndpointId, Runtime } from '@failover/core';
import {
  restartable,
  startProcess,
  untilAnswers,
  type Restartable,
  type SupervisedProcess,
} from '@failover/testing';
import { connectAmqp } from './amqp-client.ts';
import { evaluate, type Door } from './control.ts';
import { inRoot } from './find-server.ts';
import { environmentOf, type ClusterPlan, type NodePlan } from './node-files.ts';

/** One node as a process. */
export interface BrokerNode extends Restartable {
  readonly name: string;
  /** Erlang expressions, in this node. */
  evaluate(expressions: string, timeoutMs?: number): Promise<string>;
}

/** ms: six alone, twelve for three at once, more on a loaded machine. */
const startMs = 90_000;

export function brokerNode(
  runtime: Runtime,
  root: string,
  cluster: ClusterPlan,
  plan: NodePlan,
  endpoint: EndpointId,
): BrokerNode {
  const door: Door = { name: plan.name, port: plan.controlPort, secret: cluster.secret };
  let isNew = true;

  async function start(): Promise<SupervisedProcess> {
    const { command, args } = inRoot(root, join(cluster.scripts, 'rabbitmq-server'), []);
    const env = environmentOf(cluster, plan, isNew);
    const child = await startProcess({ command, args, env, name: `rabbitmq ${plan.name}` });
    isNew = false;
    return child;
  }

  async function connects(): Promise<void> {
    const client = await connectAmqp(runtime, endpoint, { timeoutMs: 2000 });
    client.destroy();
  }

  const ready = (child: SupervisedProcess): Promise<void> =>
    untilAnswers(child, connects, { withinMs: startMs, everyMs: 50 });

  return Object.assign(restartable(start, ready), {
    name: plan.name,
    evaluate: (expressions: string, timeoutMs?: number) => evaluate(door, expressions, timeoutMs),
  });
}
