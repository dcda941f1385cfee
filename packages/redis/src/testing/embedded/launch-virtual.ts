import { endpointOf } from '@failover/core';
import { virtualRuntime, type VirtualRuntime } from '@failover/core/virtual';
import { launchEmbedded, type EmbeddedOptions, type EmbeddedTestbed } from './launch-embedded.ts';

export interface VirtualTestbed extends EmbeddedTestbed {
  readonly runtime: VirtualRuntime;
  /** Lets time pass until the promise settles. @throws Error if it does not within `limitMs`, default 10 min */
  until<T>(promise: Promise<T>, limitMs?: number): Promise<T>;
}

export interface VirtualOptions extends Omit<EmbeddedOptions, 'runtime' | 'listen' | 'endpoints'> {
  readonly seed: number;
}

/** Doubles in virtual time on an in-memory network: minutes of failover in milliseconds, the same for each seed. */
export async function launchVirtual({ seed, ...options }: VirtualOptions): Promise<VirtualTestbed> {
  const runtime = virtualRuntime({ seed });
  const { servers = 3, sentinels = 3, names = ['mymaster'] } = options;
  const data = Array.from({ length: servers * names.length }, (_, at) =>
    endpointOf(`10.0.0.${at + 1}`, 6379),
  );
  const witnesses = Array.from({ length: sentinels }, (_, at) => endpointOf(`10.0.1.${at + 1}`, 26379));
  const testbed = await launchEmbedded({
    how: `the embedded double in virtual time, seed ${seed}`,
    // A look asks everybody: in virtual time that is what costs.
    lookMs: 250,
    ...options,
    runtime,
    listen: (endpoint, onConnection) => runtime.network.listen(endpoint, onConnection),
    endpoints: [...data, ...witnesses],
  });

  async function until<T>(promise: Promise<T>, limitMs = 600_000): Promise<T> {
    let isSettled = false;
    const settled = (): void => {
      isSettled = true;
    };
    promise.then(settled, settled);
    await runtime.until(() => isSettled, limitMs);
    return promise;
  }

  await until(testbed.settled(60_000));
  return Object.assign(testbed, { runtime, until });
}
