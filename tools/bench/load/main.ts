import { dieWithParent, toParent } from '../process/module.ts';
import type { LoadNews, LoadOrder } from './orders.ts';
import { type LoadSession, openSession } from './session.ts';

const tell = (news: LoadNews): Promise<void> => toParent(news);
let session: LoadSession | undefined;

async function obey(order: LoadOrder): Promise<void> {
  switch (order.type) {
    case 'begin':
      session = await openSession(order.settings);
      return tell({ type: 'ready' });
    case 'lastAcks':
      return tell({ type: 'lastAcks', at: session?.lastAcks() ?? [] });
    case 'finish': {
      const ended = session;
      session = undefined;
      if (ended === undefined) return;
      const finished = await ended.finish();
      await ended.close();
      return tell(finished);
    }
  }
}

dieWithParent();
// A driver that throws outside of any promise is a finding, not the end of the run.
process.on('uncaughtException', (error) => {
  console.error(`outside of any promise: ${error.message}`);
});
process.on('unhandledRejection', () => undefined);
process.on('message', (order: LoadOrder) => {
  // The parent waits for news of each order and ends this process if none comes: here only the reason is told.
  obey(order).catch((error: unknown) => {
    console.error(
      `the order "${order.type}" failed: ${error instanceof Error ? error.message : String(error)}`,
    );
  });
});
await tell({ type: 'started' });
