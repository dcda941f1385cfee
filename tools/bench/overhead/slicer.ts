import type { ChildProcess } from 'node:child_process';
import type { DriverSpec } from '../load/driver/driver.ts';
import { nextMessage, startModule } from '../process/module.ts';
import type { Shape, SliceDone, SliceOrder } from './shape.ts';

/** A client in a process of its own, idle but for its slices. */
export interface Slicer {
  readonly name: string;
  readonly process: ChildProcess;
  slice(shape: Shape, lengthMs: number): Promise<number>;
}

const isOf =
  <T extends string>(type: T) =>
  (message: unknown): message is { readonly type: T } =>
    typeof message === 'object' && message !== null && 'type' in message && message.type === type;
const isDone = (message: unknown): message is SliceDone => isOf('done')(message);

export async function startSlicer(name: string, driver: DriverSpec): Promise<Slicer> {
  const child = startModule(new URL('./main.ts', import.meta.url), driver);
  await nextMessage(child, `${name} is connected`, 15_000, isOf('ready'));
  return {
    name,
    process: child,
    async slice(shape, lengthMs) {
      const done = nextMessage(child, `a slice of ${name}`, lengthMs + 10_000, isDone);
      const order: SliceOrder = { type: 'slice', shape, lengthMs };
      child.send(order);
      return (await done).operationsPerSecond;
    },
  };
}
