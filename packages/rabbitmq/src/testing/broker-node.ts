import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import type { EndpointId, Runtime } from '@failover/core';
import { restartable, startProcess, type Restartable, type SupervisedProcess } from '@failover/testing';
import { connectAmqp } from './amqp-client.ts';
import { evaluate, type Door } from './control.ts';
import { inRoot } from './find-server.ts';
import { environmentOf, type ClusterPlan, type NodePlan } from './node-files.ts';
import { TestbedError } from './testbed.ts';

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

  async function speaksAmqp(child: SupervisedProcess): Promise<void> {
    const endAt = runtime.now() + startMs;
    let reason = '';
    while (runtime.now() < endAt && child.exit === undefined) {
      try {
        const client = await connectAmqp(runtime, endpoint, { timeoutMs: 2_000 });
        client.destroy();
        return;
      } catch (error) {
        reason = String(error);
        await sleep(50);
      }
    }
    const log = child.log.lines().slice(-20).join('\n');
    throw new TestbedError(`${plan.name} does not start: ${reason}\n${log}`);
  }

  return Object.assign(restartable(start, speaksAmqp), {
    name: plan.name,
    evaluate: (expressions: string, timeoutMs?: number) => evaluate(door, expressions, timeoutMs),
  });
}
