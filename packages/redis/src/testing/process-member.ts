import type { EndpointId, Runtime } from '@failover/core';
import { restartable, startProcess, type Restartable, type SupervisedProcess } from '@failover/testing';
import { askOnce, pause } from './resp-client.ts';
import { TestbedError } from './testbed.ts';

/** ms: a server answers about 30 ms after its start; a loaded machine may take seconds. */
export const startMs = 30_000;

/** A member that is a process of this machine. */
export function processMember(
  runtime: Runtime,
  endpoint: EndpointId,
  command: string,
  args: readonly string[],
  onLine: (line: string) => void,
): Restartable {
  return restartable(
    async () => {
      const child = await startProcess({ command, args: [...args], name: `redis ${endpoint}` });
      child.log.onLine(onLine);
      return child;
    },
    (child) => answersPing(runtime, endpoint, child),
  );
}

async function answersPing(runtime: Runtime, endpoint: EndpointId, child: SupervisedProcess): Promise<void> {
  const deadline = runtime.now() + startMs;
  let reason = '';
  while (runtime.now() < deadline && child.exit === undefined) {
    try {
      // Any answer will do: one that loads its data has started too.
      await askOnce(runtime, endpoint, ['PING'], 200);
      return;
    } catch (error) {
      reason = String(error);
      await pause(runtime, 10);
    }
  }
  const log = child.log.lines().slice(-10).join('\n');
  throw new TestbedError(`${endpoint} does not start: ${reason}\n${log}`);
}
