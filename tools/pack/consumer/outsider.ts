// An adapter that we do not know, in a process that does not know it: found by name, served on localhost.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { startRing } from 'failover-adapter-ring/peer';

const limitMs = 30_000;
setTimeout(() => {
  console.error(`no verdict after ${limitMs / 1000} s`);
  process.exit(1);
}, limitMs).unref();

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return port;
}

await using ring = await startRing(3);
const port = await freePort();
writeFileSync(
  'failover.yaml',
  `version: 1
clusters:
  toy: { backend: ring, peers: [${ring.peers.map(({ address }) => `'${address}'`).join(', ')}] }
listeners:
  - { listen: 127.0.0.1:${port}, cluster: toy }
`,
);
const failover = spawn('node_modules/.bin/failover', ['run', '-c', 'failover.yaml'], {
  stdio: ['ignore', 'inherit', 'inherit'],
});
const ended = once(failover, 'exit');

/** The port opens when the ring was seen. */
async function dial() {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return socket;
    } catch {
      if (failover.exitCode !== null) throw new Error(`failover ended with ${failover.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

try {
  const client = await dial();
  const lines = createInterface({ input: client })[Symbol.asyncIterator]();
  const ask = async (text: string): Promise<void> => {
    client.write(`${text}\n`);
    const answer: unknown = (await lines.next()).value;
    if (answer !== text) throw new Error(`asked ${text}, was told ${String(answer)}`);
  };
  await ask('before');
  await ring.peers[0]?.die();
  for (let n = 0; n < 10; n += 1) await ask(`one is dead ${n}`);
  ring.peers[1]?.hang();
  for (let n = 0; n < 10; n += 1) await ask(`another hangs ${n}`);
  client.destroy();
} finally {
  failover.kill('SIGTERM');
}
const [code] = (await ended) as [number | null];
if (code !== 0) throw new Error(`failover drained with exit code ${code}`);
console.log(
  "an outsider's adapter is served by name; its client stayed while one peer died and another hung",
);
