import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { showAddress } from '../listen-address.ts';
import { resolveConfig } from './resolve-config.ts';
import { yamlSource } from './yaml-source.ts';

const file = fileURLToPath(new URL('../../failover.example.yaml', import.meta.url));

it('reads the example that the README shows', async () => {
  const text = await readFile(file, 'utf8');
  const config = await resolveConfig(yamlSource(text, file), { REDIS_PASSWORD: 'secret' });
  expect(config.listeners.map(({ listen, role }) => [showAddress(listen), role])).toEqual([
    ['127.0.0.1:6379', 'primary'],
    ['127.0.0.1:6380', 'replica'],
  ]);
  const readme = await readFile(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8');
  expect(readme).toContain(text.trim());
});
