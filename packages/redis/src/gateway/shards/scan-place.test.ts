import { describe, expect, it } from 'vitest';
import { marksFrom } from '../scan-cursor.ts';
import { cursorIn, firstFrom, placeOf, scanPlaceOf, scanReply } from './scan-place.ts';

const names = Array.from({ length: 50 }, (_, at) => `redis-${at.toString(16).padStart(8, '0')}`);

describe('the place of a scan over all shards', () => {
  it('is the beginning of a shard, or a cursor of a server, or none', () => {
    expect(scanPlaceOf('0')).toEqual({ type: 'begin', from: 0 });
    expect(scanPlaceOf('17')).toEqual({ type: 'begin', from: 17 });
    expect(scanPlaceOf(String(3 * marksFrom + 5))).toEqual({ type: 'goOn', mark: 3 });
    for (const text of ['', 'x', '-1', '1e3', '9'.repeat(17)])
      expect(scanPlaceOf(text)).toEqual({ type: 'invalid' });
  });

  it('goes through all shards once, from 0 on', () => {
    const seen: string[] = [];
    for (let at = firstFrom(names, 0); at !== undefined; at = firstFrom(names, placeOf(at) + 1))
      seen.push(at);
    expect([...seen].sort()).toEqual(names);
  });

  it('leaves out nobody when a shard before it goes or another one comes', () => {
    const order = [...names].sort((a, b) => placeOf(a) - placeOf(b));
    const [first = '', second = '', third] = order;
    expect(
      firstFrom(
        names.filter((name) => name !== first),
        placeOf(second) + 1,
      ),
    ).toBe(third);
    expect(
      firstFrom(
        names.filter((name) => name !== second),
        placeOf(first) + 1,
      ),
    ).toBe(third);
    expect(firstFrom([...names, 'redis-new'], placeOf(first))).toBe(first);
  });

  it('is no number that a server could give, and never 0', () => {
    for (const name of names) {
      expect(placeOf(name)).toBeGreaterThan(0);
      expect(placeOf(name)).toBeLessThan(marksFrom);
    }
  });

  it('stands in the reply where one shard is at its end', () => {
    const end = Buffer.from('*2\r\n$1\r\n0\r\n*0\r\n');
    expect(String(cursorIn(scanReply(end, 'redis-x')))).toBe(String(placeOf('redis-x')));
    expect(scanReply(end, undefined)).toBe(end);
    const middle = Buffer.from('*2\r\n$2\r\n17\r\n*0\r\n');
    expect(scanReply(middle, 'redis-x')).toBe(middle);
  });
});
