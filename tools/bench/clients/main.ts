import { once } from 'node:events';
import { connect } from 'node:net';
import { openIdle } from '../idle/open.ts';
import { dieWithParent } from '../process/module.ts';
import type { IdleSettings } from './orders.ts';

const AT_ONCE = 50;

dieWithParent();
const { port, connections } = JSON.parse(process.argv[2] ?? '{}') as IdleSettings;

/** Was served once, so that all that a client costs is there, and says nothing any more. */
async function openOne(): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write('*1\r\n$4\r\nPING\r\n');
  await once(socket, 'data');
}

await openIdle(connections, AT_ONCE, openOne);
