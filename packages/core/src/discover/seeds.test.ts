import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { MemberList } from '../adapter.ts';
import { virtualRuntime } from '../runtime/virtual.ts';
import { mergeSources } from './address-source.ts';
import { seed, sourcesOf } from './seeds.ts';

describe('a seed', () => {
  it.each([
    ['127.0.0.1', { type: 'address', endpoint: '127.0.0.1:26379' }],
    ['dns:sentinels.svc', { type: 'dns', host: 'sentinels.svc', port: 26_379 }],
    ['dns:sentinels.svc:5000', { type: 'dns', host: 'sentinels.svc', port: 5000 }],
    ['dns:6379', { type: 'address', endpoint: 'dns:6379' }],
    ['srv:_sentinel._tcp.example', { type: 'srv', name: '_sentinel._tcp.example' }],
    ['file:/etc/sentinels', { type: 'file', path: '/etc/sentinels' }],
  ])('%s is read as what it says', (text, expected) => {
    expect(seed(text, 26_379)).toEqual(expected);
  });

  it.each(['dns:', 'http://x', 'a b'])('%s is refused', (text) => {
    expect(() => seed(text, 1)).toThrow('is not an address');
  });
});

describe('a file of seeds', () => {
  it('is followed while it changes, beside the addresses of the configuration', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'failover-'));
    const path = join(dir, 'sentinels');
    await writeFile(path, '10.0.0.1:1\n');
    const runtime = virtualRuntime({ seed: 1 });
    const lists: MemberList[] = [];
    const seeds = [seed('10.0.0.9:9', 1), seed(`file:${path}`, 1)];
    const subscription = mergeSources(...sourcesOf(seeds, 'witness'))(runtime).subscribe((list) =>
      lists.push(list),
    );
    await expect.poll(() => lists.length).toBe(2);
    await writeFile(path, '10.0.0.2:1\n');
    await runtime.advance(1200);
    await expect.poll(() => lists.length).toBe(3);
    subscription.unsubscribe();
    expect(
      lists.map((list) => (list.type === 'members' ? list.members.map((each) => each.endpoint) : [])),
    ).toEqual([['10.0.0.9:9'], ['10.0.0.1:1'], ['10.0.0.2:1']]);
    await rm(dir, { recursive: true });
  });
});
