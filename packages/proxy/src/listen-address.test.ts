import { describe, expect, it } from 'vitest';
import { isLocal, parseListenAddress, showAddress } from './listen-address.ts';

describe('a listen address', () => {
  it.each([
    ['6379', '127.0.0.1:6379'],
    [6379, '127.0.0.1:6379'],
    ['localhost:1', '127.0.0.1:1'],
    ['[::1]:6379', '[::1]:6379'],
    ['0.0.0.0:0', '0.0.0.0:0'],
    ['/run/redis.sock', '/run/redis.sock'],
  ])('is read from %j and shown as %s', (text, shown) => {
    const address = parseListenAddress(text);
    expect(address === undefined ? undefined : showAddress(address)).toBe(shown);
  });

  it.each(['', 'host', '127.0.0.1:', '127.0.0.1:65536', ':6379', '::1:6379', 'a b:1'])(
    'is not read from %j',
    (text) => {
      expect(parseListenAddress(text)).toBeUndefined();
    },
  );

  it.each([
    ['127.0.0.1:1', true],
    ['127.9.9.9:1', true],
    ['[::1]:1', true],
    ['/tmp/x.sock', true],
    ['0.0.0.0:1', false],
    ['192.168.0.1:1', false],
    ['127.evil.example:1', false],
    ['[::]:1', false],
  ])('knows whether only this machine reaches %s', (text, expected) => {
    const address = parseListenAddress(text);
    expect(address !== undefined && isLocal(address)).toBe(expected);
  });
});
