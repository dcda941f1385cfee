import { describe, expect, it } from 'vitest';
import { benchTop, command, until } from './test-kit/bench-top.ts';

const ok = (): string => '+OK\r\n';
const none = '-ERR No such master with that name\r\n';

describe('a client that takes us for a Sentinel', () => {
  it('is told the address that it is talking to, and of no other Sentinel, and no server is asked', async () => {
    await using top = benchTop(ok);
    const client = top.connect();
    client.send(
      'SENTINEL get-master-addr-by-name redis',
      'sentinel SENTINELS redis',
      'SENTINEL replicas redis',
    );
    await client.receives(`${command('127.0.0.1', '6379')}*0\r\n*0\r\n`);
    expect(top.a.received.flat()).not.toContain('SENTINEL');
  });

  it('hears of no master by another name, as a Sentinel says it', async () => {
    await using top = benchTop(ok);
    const client = top.connect();
    client.send(
      'SENTINEL get-master-addr-by-name other',
      'SENTINEL MASTER other',
      'SENTINEL SENTINELS other',
    );
    await client.receives(`*-1\r\n${none}${none}`);
  });

  it('reads the fields of a master that is well', async () => {
    await using top = benchTop(ok);
    const client = top.connect();
    client.send('SENTINEL masters');
    await until(() => client.text.endsWith('parallel-syncs\r\n$1\r\n1\r\n'));
    expect(client.text).toMatch(/^\*1\r\n\*40\r\n\$4\r\nname\r\n\$5\r\nredis\r\n/);
    expect(client.text).toContain('flags\r\n$6\r\nmaster\r\n');
  });

  it('is refused what only a Sentinel can do', async () => {
    await using top = benchTop(ok);
    const client = top.connect();
    client.send('SENTINEL FAILOVER redis', 'PING');
    await client.receives(
      '-ERR failover answers questions for the master only, not SENTINEL FAILOVER\r\n+OK\r\n',
    );
  });
});
