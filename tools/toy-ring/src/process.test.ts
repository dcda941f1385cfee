import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startProcess, type SupervisedProcess } from '@failover/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRing } from './peer.ts';

const program = fileURLToPath(new URL('../../../packages/proxy/src/bin.ts', import.meta.url));
const self = fileURLToPath(new URL('..', import.meta.url));

/** A folder in which the adapter is installed, as npm would do it. */
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'failover-ring-process-'));
  await mkdir(join(folder, 'node_modules'));
  await symlink(self, join(folder, 'node_modules/failover-adapter-ring'));
});
afterAll(() => rm(folder, { recursive: true }));

function failover(...args: readonly string[]): Promise<SupervisedProcess> {
  return startProcess({
    command: process.execPath,
    args: ['--import', import.meta.resolve('tsx'), '--conditions=@failover/source', program, ...args],
    cwd: folder,
  });
}

async function portOf(started: SupervisedProcess): Promise<number> {
  const { address } = JSON.parse(await started.logLine(/"listening"/)) as { readonly address: string };
  return Number(address.split(':').at(-1));
}

async function talk(port: number) {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  const lines = createInterface({ input: socket });
  lines.on('error', () => undefined);
  const answers = lines[Symbol.asyncIterator]();
  return {
    socket,
    async ask(line: string) {
      socket.write(`${line}\n`);
      return (await answers.next()).value as string | undefined;
    },
  };
}

describe('the program', { timeout: 60_000 }, () => {
  it('serves an adapter that it finds by name, from a file, and drains on SIGTERM with exit code 0', async () => {
    await using ring = await startRing(2);
    const peers = ring.peers.map(({ address }) => address).join(', ');
    await writeFile(
      join(folder, 'failover.yaml'),
      `version: 1
clusters: { toy: { backend: ring, peers: [${peers}] } }
listeners: [{ listen: 127.0.0.1:0, cluster: toy }]
`,
    );
    await using started = await failover('run', '-c', 'failover.yaml');
    const client = await talk(await portOf(started));
    expect(await client.ask('hello')).toBe('hello');
    started.terminate();
    expect(await started.exited).toEqual({ code: 0, signal: null });
    expect(started.log.lines().at(-1)).toContain('"stopped"');
  });

  it('needs no file, and ends at once on the second signal', async () => {
    await using ring = await startRing(1);
    const [peer] = ring.peers;
    await using started = await failover('run', 'ring', '--peer', peer?.address ?? '', '--listen', '0');
    const client = await talk(await portOf(started));
    expect(await client.ask('hello')).toBe('hello');
    peer?.hang();
    client.socket.write('never answered\n');
    started.terminate();
    await started.logLine(/"draining"/);
    expect(started.exit).toBeUndefined();
    started.terminate();
    expect(await started.exited).toEqual({ code: 143, signal: null });
  });

  it('checks a config against the cluster: 0 if it serves, 3 if it does not, 2 if the config is wrong', async () => {
    await using ring = await startRing(2);
    const good = await failover('check', 'ring', '--peer', ring.peers[0]?.address ?? '', '--timeout', '20s');
    expect((await good.exited).code).toBe(0);
    expect(good.log.lines().join('\n')).toMatch(/ring\/peer +steady[^]*up +peer\n.*up +peer\nok: /);

    const unreachable = await failover('check', 'ring', '--peer', '127.0.0.1:1', '--timeout', '100ms');
    expect((await unreachable.exited).code).toBe(3);
    expect(unreachable.log.lines().at(-1)).toBe('  ring: no target of role peer was seen yet');

    const wrong = await failover('check', 'ring', '--peer', 'nowhere');
    expect((await wrong.exited).code).toBe(2);
    expect(wrong.log.lines().join('\n')).toContain('command line: --peer: "nowhere" is not an address');
  });

  it('shows the flags that an adapter brings', async () => {
    const help = await failover('run', 'ring', '--help');
    expect((await help.exited).code).toBe(0);
    expect(help.log.lines().join('\n')).toMatch(/--peer <text>… +Some peers, host:port\./);
  });
});
