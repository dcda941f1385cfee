import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MemberList } from '../adapter.ts';
import { endpoint } from '../model/index.ts';
import { virtualRuntime } from '../runtime/virtual.ts';
import type { Resolver } from './index.ts';
import { dnsSource, fileStore, mergeSources, srvSource, staticSource } from './index.ts';
import { parseAddressFile } from './watched-file.ts';

const polling = { everyMs: 1000, deadlineMs: 200 };

function resolver(answers: {
  lookup?: () => Promise<readonly string[]>;
  srv?: Resolver['resolveSrv'];
}): Resolver {
  const none = (): Promise<never> => Promise.reject(new Error('ENOTFOUND'));
  return { lookupAll: answers.lookup ?? none, resolveSrv: answers.srv ?? none };
}

async function watch(
  source: ReturnType<typeof staticSource>,
  runtime = virtualRuntime({ seed: 1 }),
): Promise<{ lists: MemberList[]; runtime: typeof runtime; stop: () => void }> {
  const lists: MemberList[] = [];
  const subscription = source(runtime).subscribe((list) => lists.push(list));
  await runtime.advance(0);
  return {
    lists,
    runtime,
    stop: () => {
      subscription.unsubscribe();
    },
  };
}

describe('a name that is resolved', () => {
  it('[11] tells a changed address, and nothing while the answer is the same in another order', async () => {
    let answer = ['10.0.0.2', '10.0.0.1'];
    const source = dnsSource('data', 'db', 6379, {
      polling,
      resolver: resolver({ lookup: () => Promise.resolve(answer) }),
    });
    const { lists, runtime, stop } = await watch(source);
    answer = ['10.0.0.1', '10.0.0.2'];
    await runtime.advance(3000);
    expect(lists).toHaveLength(1);
    answer = ['10.0.0.3'];
    await runtime.advance(1500);
    expect(lists[1]).toMatchObject({
      type: 'members',
      isFresh: true,
      members: [{ endpoint: '10.0.0.3:6379' }],
    });
    stop();
    expect(runtime.pendingTimers).toBe(0);
  });

  it('that hangs is a failure at its deadline, and asked again with growing pauses', async () => {
    let asked = 0;
    const lookup = (): Promise<never> => {
      asked += 1;
      return new Promise(() => undefined);
    };
    const { lists, runtime, stop } = await watch(
      dnsSource('data', 'db', 6379, { polling, resolver: resolver({ lookup }) }),
    );
    await runtime.advance(10_000);
    expect(lists).toEqual([{ type: 'failed', source: 'dns:db:6379', reason: 'no answer within 200 ms' }]);
    expect(asked).toBeGreaterThan(5);
    expect(asked).toBeLessThan(14);
    stop();
  });

  it('can be an SRV record with ports of its own', async () => {
    const srv = (): Promise<{ name: string; port: number }[]> =>
      Promise.resolve([{ name: 'n1', port: 26_379 }]);
    const { lists, stop } = await watch(
      srvSource('witness', '_sentinel._tcp.x', { polling, resolver: resolver({ srv }) }),
    );
    expect(lists[0]).toMatchObject({ members: [{ endpoint: 'n1:26379', kind: 'witness' }] });
    stop();
  });

  it('and a list in the configuration speak each for itself', async () => {
    const both = mergeSources(
      staticSource('config', 'data', [endpoint('a:1')]),
      dnsSource('data', 'db', 1, { polling, resolver: resolver({}) }),
    );
    const { lists, stop } = await watch(both);
    expect(lists.map((list) => [list.source, list.type])).toEqual([
      ['config', 'members'],
      ['dns:db:1', 'failed'],
    ]);
    stop();
  });
});

describe('files', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'failover-'));
  });
  afterEach(async () => {
    await rm(dir, { recursive: true });
  });

  it('of addresses are read line by line, and a bad line is named', () => {
    expect(parseAddressFile('a:1\n\n# none\nb:2 # two\n', 'x', 'data')).toHaveLength(2);
    expect(() => parseAddressFile('a:1\nb\n', '/etc/members', 'data')).toThrow(
      '/etc/members:2: "b" is not an address',
    );
  });

  it('of last known members come back as they were kept, and a missing one is no error', async () => {
    const store = fileStore(join(dir, 'state', 'members.json'));
    expect(await store.load()).toEqual([]);
    const members = [{ endpoint: endpoint('a:1'), kind: 'data' as const }];
    await Promise.all([store.save([]), store.save(members)]);
    expect(await store.load()).toEqual(members);
  });

  it('of last known members that make no sense say which file to delete', async () => {
    const path = join(dir, 'members.json');
    await writeFile(path, '[{"endpoint":5}]');
    await expect(fileStore(path).load()).rejects.toThrow('which is no member: delete it');
  });
});
