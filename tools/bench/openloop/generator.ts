import { keepOn, separateCpus } from '../process/affinity.ts';
import { end } from '../process/child.ts';
import { nextMessage, startModule } from '../process/module.ts';
import type { OpenLoopResult, OpenLoopSettings } from './orders.ts';

const isResult = (message: unknown): message is OpenLoopResult =>
  typeof message === 'object' && message !== null && 'type' in message && message.type === 'latencies';

/** One run of the generator, in its own process. */
export async function openLoop(settings: OpenLoopSettings): Promise<OpenLoopResult> {
  const child = startModule(new URL('./main.ts', import.meta.url), settings);
  const cpus = separateCpus();
  if (cpus !== undefined && child.pid !== undefined) keepOn(cpus.generator, [child.pid]);
  try {
    const limitMs = settings.warmMs + settings.lengthMs + 15_000;
    return await nextMessage(child, 'latencies of the open loop', limitMs, isResult);
  } finally {
    await end(child);
  }
}
