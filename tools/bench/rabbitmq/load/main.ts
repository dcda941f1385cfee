import { dieWithParent, toParent } from '../../process/module.ts';
import type { LoadNews, LoadOrder } from './orders.ts';
import { type LoadSession, openSession } from './session.ts';

const tell = (news: LoadNews): void => void toParent(news);
let session: LoadSession | undefined;

dieWithParent();
const crashed = (error: unknown): void => {
  session?.crashed(error instanceof Error ? (error.stack ?? error.message) : String(error));
};
process.on('uncaughtException', crashed);
process.on('unhandledRejection', crashed);

async function obey(order: LoadOrder): Promise<void> {
  switch (order.type) {
    case 'connect':
      session = await openSession(order.settings);
      return tell({ type: 'connected' });
    case 'disconnect':
      await session?.close();
      session = undefined;
      return tell({ type: 'disconnected' });
    case 'publish':
      return session?.publish(order.pace);
    case 'latest':
      return tell({
        type: 'latest',
        ...(session?.latest() ?? { confirmed: -Infinity, delivered: -Infinity }),
      });
    case 'stop':
      session?.stop();
      return tell({ type: 'stopped' });
    case 'finish': {
      const log = await session?.finish(order.settleMs);
      session = undefined;
      if (log === undefined) throw new Error('there is no session to finish');
      return tell({ type: 'finished', ...log });
    }
  }
}

process.on('message', (order: LoadOrder) => {
  obey(order).catch((error: unknown) => {
    tell({ type: 'failed', reason: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  });
});
tell({ type: 'started' });
