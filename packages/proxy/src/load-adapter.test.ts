import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { candidateNames } from './adapter/find-module.ts';
import { loadAdapter } from './load-adapter.ts';

const gateway = (changes: string): string => `
const adapter = {
  contract: 1, backend: 'x', config: { schema: {}, parse() {} }, rules: { init() {}, step() {} },
  discover() {}, watch() {}, classify() {},
};
export const gateway = { adapter, roles: ['peer'], open() {} };
${changes}
`;

let folder = '';
async function install(
  name: string,
  text: string,
  faces: Record<string, string> = { './gateway': './gateway.js' },
) {
  const at = join(folder, 'node_modules', name);
  await mkdir(at, { recursive: true });
  await writeFile(join(at, 'package.json'), JSON.stringify({ name, type: 'module', exports: faces }));
  await writeFile(join(at, 'gateway.js'), text);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'failover-adapter-test-'));
  await install('failover-adapter-short', gateway(''));
  await install('@other/whole', gateway(''));
  await install('failover-adapter-old', gateway('adapter.contract = 0;'));
  await install('failover-adapter-half', gateway('delete adapter.watch;'));
  await install('failover-adapter-roleless', gateway('gateway.roles = [];'));
  await install('failover-adapter-broken', 'import "nothing-of-this-name";');
  await install('driver', 'export {};', { '.': './gateway.js' });
});
afterAll(() => rm(folder, { recursive: true }));

it('is found by its short name, its whole name and its path', async () => {
  expect((await loadAdapter('short', folder)).roles).toEqual(['peer']);
  expect((await loadAdapter('@other/whole', folder)).roles).toEqual(['peer']);
  expect((await loadAdapter('./node_modules/@other/whole', folder)).roles).toEqual(['peer']);
  expect((await loadAdapter('./node_modules/@other/whole/gateway.js', folder)).roles).toEqual(['peer']);
  expect(candidateNames('redis')).toEqual(['@failover/redis', 'failover-adapter-redis', 'redis']);
});

it.each([
  ['old', /"old" is no adapter: its adapter speaks contract 0, and this proxy contract 1/],
  ['half', /gateway.adapter.watch is not a function/],
  ['roleless', /gateway.roles is not a list of at least one role/],
  ['broken', /gateway.js was found but cannot be loaded: .*nothing-of-this-name/],
  ['nosuch', /failover-adapter-nosuch\/gateway from .*: not installed[^]*npm install @failover\/nosuch/],
  ['driver', /driver\/gateway from .*: installed, but it exports no such face/],
  ['./nowhere', /nowhere: there is no such file or folder[^]*Check the path/],
])('refuses %s with a sentence', async (backend, reason) => {
  const refusal = loadAdapter(backend, folder);
  await expect(refusal).rejects.toMatchObject({ code: 'adapter-invalid' });
  await expect(refusal).rejects.toThrow(reason);
});
