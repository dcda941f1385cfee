import { connect, createServer } from 'node:net';
import { dieWithParent, toParent } from '../../../process/module.ts';
import type { PipeNews, PipeSettings } from './pipe.ts';

// The least that a proxy written in Node can do: what is beyond it is what ours looks at and keeps.

dieWithParent();
const { host, port } = JSON.parse(process.argv[2] ?? '{}') as PipeSettings;

const server = createServer({ noDelay: true }, (client) => {
  const node = connect({ host, port, noDelay: true });
  for (const socket of [client, node]) {
    socket.on('error', () => {
      client.destroy();
      node.destroy();
    });
  }
  client.pipe(node);
  node.pipe(client);
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const news: PipeNews = {
    type: 'listening',
    port: typeof address === 'object' && address !== null ? address.port : 0,
  };
  void toParent(news);
});
