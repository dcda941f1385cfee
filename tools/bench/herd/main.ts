import { pause, until } from '../clock.ts';
import { connectDrivers } from '../load/driver/connect.ts';
import type { Driver } from '../load/driver/driver.ts';
import { dieWithParent, toParent } from '../process/module.ts';
import { BEAT_MS, type HerdSettings } from './orders.ts';

dieWithParent();
process.on('uncaughtException', () => undefined);
process.on('unhandledRejection', () => undefined);

const settings = JSON.parse(process.argv[2] ?? '{}') as HerdSettings;
const drivers = await connectDrivers(settings.driver, settings.clients);
await until('each client is acknowledged once', 30_000, async () => {
  await Promise.all(drivers.all.map((driver) => driver.incr(settings.key)));
  return true;
});

async function beat(driver: Driver, afterMs: number): Promise<void> {
  await pause(afterMs);
  for (;;) {
    // What fails in an outage is not what this bench looks at; a client that never answers beats no more.
    await driver.incr(settings.key).catch(() => undefined);
    await pause(BEAT_MS);
  }
}
for (const [index, driver] of drivers.all.entries()) void beat(driver, (index * BEAT_MS) / settings.clients);
await toParent({ type: 'ready' });
