import { describe, expect, it } from 'vitest';
import type { TestClient } from '../test-kit/bench-top.ts';
import { bulk, until } from '../test-kit/bench-top.ts';
import type { Handler } from '../test-kit/scripted-server.ts';
import { shardBench } from '../test-kit/shard-bench.ts';

// `bar` is in the first of two shards, `foo` in the second one.
const each = (): Handler => (args) => {
  if (args[0] === 'BLPOP') return undefined;
  return args[0] === 'CLIENT' ? ':1\r\n' : bulk(args.join(' '));
};

async function asks(client: TestClient, text: string): Promise<string> {
  const before = client.text.length;
  client.send(text);
  await until(() => client.text.length > before || !client.isOpen);
  return client.text.slice(before);
}

describe('a client of all shards, as others see it', () => {
  it('is one, whatever number of shards it speaks to, and has one number', async () => {
    await using bench = shardBench(each);
    const [asker, other] = [bench.connect(), bench.connect()];
    for (const key of ['foo', 'bar']) await asks(other, `GET ${key}`);
    expect(await asks(other, 'CLIENT SETNAME both')).toBe('+OK\r\n');
    const list = await asks(asker, 'CLIENT LIST');
    expect(list.match(/id=\d+/g)).toEqual(['id=1', 'id=2']);
    expect(list).toContain(' name=both ');
    expect(await asks(other, 'CLIENT ID')).toBe(':2\r\n');
    expect(await asks(other, 'CLIENT LIST ID 2')).toContain('id=2 ');
  });

  it('is killed with all of its connections, by itself behind the answer', async () => {
    await using bench = shardBench(each);
    const [asker, other] = [bench.connect(), bench.connect()];
    for (const key of ['foo', 'bar']) for (const client of [asker, other]) await asks(client, `GET ${key}`);
    expect(await asks(asker, 'CLIENT KILL ID 2')).toBe(':1\r\n');
    await until(() => !other.isOpen);
    expect(await asks(asker, 'CLIENT KILL 127.0.0.1:9')).toBe('-ERR No such client\r\n');
    expect(await asks(asker, 'GET foo')).toBe(bulk('GET foo'));
    expect(await asks(asker, 'CLIENT KILL ID 1 SKIPME no')).toBe(':1\r\n');
    await until(() => !asker.isOpen);
  });

  it('is unblocked at the shard where it waits', async () => {
    await using bench = shardBench(each);
    const [asker, other] = [bench.connect(), bench.connect()];
    other.send('BLPOP foo 0');
    await until(() => bench.shards[1]?.asked.length === 1);
    expect(await asks(asker, 'CLIENT UNBLOCK 2')).toBe(':1\r\n');
    expect(bench.shards.map(({ asked }) => asked)).toEqual([[], ['BLPOP foo 0', 'CLIENT UNBLOCK 1 TIMEOUT']]);
    expect(await asks(asker, 'CLIENT UNBLOCK 1')).toBe(':0\r\n');
  });
});
