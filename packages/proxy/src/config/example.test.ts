import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { showAddress } from '../listen-address.ts';
import { resolveConfig } from './resolve-config.ts';
import { yamlSource } from './yaml-source.ts';

const read = (path: string): Promise<string> =>
  readFile(fileURLToPath(new URL(`../../../../${path}`, import.meta.url)), 'utf8');
const file = fileURLToPath(new URL('../../failover.example.yaml', import.meta.url));

it('reads the example that the README shows', async () => {
  const text = await readFile(file, 'utf8');
  const config = await resolveConfig(yamlSource(text, file), { REDIS_PASSWORD: 'secret' });
  expect(config.listeners.map(({ listen, role }) => [showAddress(listen), role])).toEqual([
    ['127.0.0.1:6379', 'primary'],
    ['127.0.0.1:6380', 'replica'],
  ]);
  expect(await read('packages/proxy/README.md')).toContain(text.trim());
});

describe('every example in the documents', () => {
  let secrets = '';

  beforeAll(async () => {
    secrets = await mkdtemp(join(tmpdir(), 'failover-docs-'));
    for (const name of ['redis', 'app']) await writeFile(join(secrets, name), 'secret');
  });

  afterAll(async () => {
    await rm(secrets, { recursive: true, force: true });
  });

  it.each([
    ['docs/redis.md', 3],
    ['docs/rabbitmq.md', 1],
    ['docs/ARCHITECTURE.md', 0],
    ['docs/benchmarks.md', 0],
    ['README.md', 0],
    ['packages/core/README.md', 0],
    ['packages/redis/README.md', 0],
    ['packages/rabbitmq/README.md', 0],
    ['packages/proxy/README.md', 1],
    ['packages/testing/README.md', 0],
  ])('is read: of %s there are %i', async (document, count) => {
    const examples = yamlIn(await read(document));
    expect(examples).toHaveLength(count);
    for (const example of examples) {
      const text = example.replaceAll('/run/secrets', secrets);
      const config = await resolveConfig(yamlSource(text, file), { REDIS_PASSWORD: 'secret' });
      expect(config.listeners.length).toBeGreaterThan(0);
    }
  });
});

function yamlIn(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^```ya?ml\n(.*?)^```$/gms)].map(([, text = '']) => text);
}
