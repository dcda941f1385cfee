import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { freePorts } from './free-ports.ts';
import { startProcess } from './start-process.ts';

const stack: AsyncDisposable[] = [];
afterEach(async () => {
  for (const item of stack.splice(0).reverse()) await item[Symbol.asyncDispose]();
});

const here = new URL('./free-ports.ts', import.meta.url).pathname;

describe('free ports', () => {
  it('gives no port twice, also to callers at the same time', async () => {
    const ports = (await Promise.all(Array.from({ length: 20 }, () => freePorts(7)))).flat();
    expect(new Set(ports).size).toBe(140);
  });

  it('stays below the ports that outgoing connections get', async () => {
    for (const port of await freePorts(5)) {
      expect(port).toBeGreaterThan(10_240);
      expect(port).toBeLessThan(32_768);
    }
  });

  it('gives ports on which one can listen', async () => {
    const [port] = await freePorts(1);
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    await new Promise((resolve) => server.close(resolve));
  });

  it('passes over a port that somebody else listens on', async () => {
    const [before = 0] = await freePorts(1);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(before + 1, '127.0.0.1', resolve));
    try {
      const [after] = await freePorts(1);
      expect(after).not.toBe(before + 1);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('gives two processes different ports, although neither listens yet', async () => {
    const code = `import { freePorts } from ${JSON.stringify(here)};
      console.log('ports ' + (await freePorts(100)).join(','));
      setInterval(() => undefined, 1_000);`;
    const args = ['--import', 'tsx', '--input-type=module', '-e', code];
    const started = await Promise.all([1, 2].map(() => startProcess({ command: process.execPath, args })));
    stack.push(...started);
    const lines = await Promise.all(started.map((child) => child.logLine(/^ports /)));
    const ports = lines.flatMap((line) => line.slice(6).split(','));
    expect(new Set(ports).size).toBe(200);
  });
});
