import type { EndpointId, Runtime } from '@failover/core';
import { restartable, startProcess, untilAnswers, type Restartable } from '@failover/testing';
import { askOnce } from './resp-client.ts';

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
    // Any answer will do: one that loads its data has started too.
    (child) =>
      untilAnswers(child, () => askOnce(runtime, endpoint, ['PING'], 200), {
        withinMs: startMs,
        everyMs: 10,
      }),
  );
}
