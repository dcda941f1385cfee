import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import type { EndpointId, Runtime } from '@failover/core';
import { startProcess, type SupervisedProcess } from '@failover/testing';
import { connectAmqp } from './amqp-client.ts';
import { evaluate, type Door } from './control.ts';
import { inRoot } from './find-server.ts';
import { environmentOf, type ClusterPlan, type NodePlan } from './node-files.ts';
import { TestbedError } from './testbed.ts';

/** One node as a process. */
export interface BrokerNode {
  readonly name: string;
  readonly isRunning: boolean;
  kill(): void;
  hang(): void;
  resume(): void;
  /** Starts it, after a kill if it runs. Resolves when it speaks AMQP. */
  start(): Promise<void>;
  /** Erlang expressions, in this node. */
  evaluate(expressions: string, timeoutMs?: number): Promise<string>;
  log(): readonly string[];
  close(): Promise<void>;
}

/** ms: six alone, twelve for three at once, more on a loaded machine. */
const startMs = 90_000;
const logLines = 500;

export function brokerNode(
  runtime: Runtime,
  root: string,
  cluster: ClusterPlan,
  plan: NodePlan,
  endpoint: EndpointId,
): BrokerNode {
  const door: Door = { name: plan.name, port: plan.controlPort, secret: cluster.secret };
  let child: SupervisedProcess | undefined;
  let isHung = false;
  let earlier: readonly string[] = [];

  async function spawn(): Promise<SupervisedProcess> {
    const isNew = child === undefined;
    if (child !== undefined) {
      child.kill();
      await child.exited;
      earlier = [...earlier, ...child.log.lines()].slice(-logLines);
    }
    const { command, args } = inRoot(root, join(cluster.scripts, 'rabbitmq-server'), []);
    const env = environmentOf(cluster, plan, isNew);
    child = await startProcess({ command, args, env, name: `rabbitmq ${plan.name}` });
    isHung = false;
    return child;
  }

  return {
    name: plan.name,
    get isRunning() {
      return child !== undefined && child.exit === undefined && !isHung;
    },
    kill() {
      child?.kill();
      // Its end is noticed a moment later; whoever asks now is told the truth.
      isHung = true;
    },
    hang() {
      child?.stop();
      isHung = true;
    },
    resume() {
      child?.continue();
      isHung = child === undefined || child.exit !== undefined;
    },
    async start() {
      const started = await spawn();
      const endAt = runtime.now() + startMs;
      let reason = '';
      while (runtime.now() < endAt && started.exit === undefined) {
        try {
          const client = await connectAmqp(runtime, endpoint, { timeoutMs: 2_000 });
          client.destroy();
          return;
        } catch (error) {
          reason = String(error);
          await sleep(50);
        }
      }
      const log = started.log.lines().slice(-20).join('\n');
      throw new TestbedError(`${plan.name} does not start: ${reason}\n${log}`);
    },
    evaluate: (expressions, timeoutMs) => evaluate(door, expressions, timeoutMs),
    log: () => [...earlier, ...(child?.log.lines() ?? [])],
    async close() {
      await child?.[Symbol.asyncDispose]();
    },
  };
}
