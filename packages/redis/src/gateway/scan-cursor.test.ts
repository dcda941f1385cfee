import { endpoint, targetId, type Lease } from '@failover/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { marked, markOf, unmarked } from './scan-cursor.ts';
import { benchTop, bulk, command, failOver, names, until } from './test-kit/bench-top.ts';

const page = (cursor: string): string => `*2\r\n${bulk(cursor)}*1\r\n${bulk('k')}`;
const cursorIn = (reply: string): string => /^\*2\r\n\$\d+\r\n(\d+)\r\n/.exec(reply)?.[1] ?? '';
const lease = (server: string, epoch?: readonly number[]): Lease => ({
  target: targetId('redis', 'primary'),
  server: endpoint(server),
  fence: 1,
  fenced: new AbortController().signal,
  epoch,
});

describe('the mark of a cursor', () => {
  it('comes off where it was put on, and nowhere else, and a JavaScript number holds it', () => {
    fc.assert(
      fc.property(
        fc.nat(2 ** 40),
        fc.integer({ min: 1, max: 4095 }),
        fc.integer({ min: 1, max: 4095 }),
        (cursor, own, other) => {
          const shown = cursorIn(marked(Buffer.from(page(String(cursor))), own).toString());
          expect(Number.isSafeInteger(Number(shown))).toBe(true);
          const back = (mark: number) => unmarked(Buffer.from(command('SCAN', shown)), mark);
          expect(Buffer.from(back(own) ?? []).toString()).toBe(command('SCAN', String(cursor)));
          if (cursor !== 0 && own !== other) expect(back(other)).toBeUndefined();
        },
      ),
    );
  });

  it('is that of a server in its epoch', () => {
    expect(markOf(lease('a:1', [1, 0]))).toBe(markOf(lease('a:1', [1, 0])));
    expect(markOf(lease('a:1', [1, 0]))).not.toBe(markOf(lease('a:1', [2, 0])));
    expect(markOf(lease('a:1'))).not.toBe(markOf(lease('b:1')));
  });

  it('leaves alone what it cannot mark, and what nobody marked', () => {
    const far = String(2 ** 50);
    expect(marked(Buffer.from(page('18446744073709551615')), 7).toString()).toBe(
      page('18446744073709551615'),
    );
    expect(Buffer.from(unmarked(Buffer.from(command('HSCAN', 'h', '17')), 7) ?? []).toString()).toBe(
      command('HSCAN', 'h', '17'),
    );
    expect(unmarked(Buffer.from(command('SSCAN', 's', far)), 7)).toBeUndefined();
  });
});

describe('a scan', () => {
  it('[38] goes on by its cursor, and ends with its server', async () => {
    await using top = benchTop((args) =>
      args[0] === 'SCAN' ? page(args[1] === '0' ? '17' : '0') : '+OK\r\n',
    );
    const client = top.connect();
    client.send('SCAN 0');
    await until(() => client.text.endsWith('k\r\n'));
    const cursor = cursorIn(client.text);
    client.send(`SCAN ${cursor}`);
    await until(() => client.text.endsWith(page('0')));
    expect(names(top, 'a')).toEqual(['SCAN 0', 'SCAN 17']);
    // Beside the commands of others, on the connection that all share.
    expect(top.a.connections).toHaveLength(1);

    const before = client.text.length;
    await failOver(top);
    client.send(`SCAN ${cursor}`, 'GET a');
    await until(() => client.text.endsWith('+OK\r\n'));
    expect(client.text.slice(before)).toMatch(/^-SCANINTERRUPTED failover: .*\r\n\+OK\r\n$/);
    expect(names(top, 'b')).toEqual(['GET a']);
  });
});
