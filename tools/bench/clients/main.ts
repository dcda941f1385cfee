import { once } from 'node:events';
import { connect } from 'node:net';
import { dieWithParent, toParent } from '../process/module.ts';
import type { IdleNews, IdleSettings } from './orders.ts';

const AT_ONCE = 50;

dieWithParent();
const { port, connections } = JSON.parse(process.argv[2] ?? '{}') as IdleSettings;
let next = 0;

/** Was served once, so that all that a client costs is there, and says nothing any more. */
async function openOne(): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write('*1\r\n$4\r\nPING\r\n');
  await once(socket, 'data');
}

async function openInTurn(): Promise<void> {
  for (; next < connections;) {
    next += 1;
    await openOne();
  }
}

const news: IdleNews = await Promise.all(Array.from({ length: AT_ONCE }, openInTurn)).then(
  () => ({ type: 'open', connections }),
  (error: unknown) => ({ type: 'failed', reason: String(error) }),
);
await toParent(news);
