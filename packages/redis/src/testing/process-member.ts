import type { EndpointId, Runtime } from '@failover/core';
import { startProcess, type SupervisedProcess } from '@failover/testing';
import type { Member } from './member.ts';
import { askOnce, pause } from './resp-client.ts';
import { TestbedError } from './testbed.ts';

/** ms: a server answers about 30 ms after its start; a loaded machine may take seconds. */
export const startMs = 10_000;

export interface ProcessMember extends Member {
  close(): Promise<void>;
}

/** A member that is a process of this machine. */
export function processMember(
  runtime: Runtime,
  endpoint: EndpointId,
  command: string,
  args: readonly string[],
  onLine: (line: string) => void,
): ProcessMember {
  let child: SupervisedProcess | undefined;
  let isHung = false;
  let earlier: readonly string[] = [];

  return {
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
    async restart() {
      if (child !== undefined) {
        child.kill();
        await child.exited;
        earlier = [...earlier, ...child.log.lines()].slice(-500);
      }
      child = await startProcess({ command, args: [...args], name: `redis ${endpoint}` });
      child.log.onLine(onLine);
      isHung = false;
      await answersPing(runtime, endpoint, child);
    },
    log: () => [...earlier, ...(child?.log.lines() ?? [])],
    async close() {
      await child?.[Symbol.asyncDispose]();
    },
  };
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
