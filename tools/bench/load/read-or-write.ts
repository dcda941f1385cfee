import type { Driver } from './driver/driver.ts';

/** One operation of a worker, by its number. */
export type Invoke = (value: string, sequence: number) => Promise<unknown>;

/** Each key in turn, and each is written and read by turns; workers are not in step. */
export function readOrWrite(
  driver: Pick<Driver, 'get' | 'set'>,
  keys: readonly string[],
  worker: number,
): Invoke {
  return (value, sequence) => {
    const turn = worker + sequence;
    const key = keys[turn % keys.length] as string;
    return Math.floor(turn / keys.length) % 2 === 0 ? driver.set(key, value) : driver.get(key);
  };
}
