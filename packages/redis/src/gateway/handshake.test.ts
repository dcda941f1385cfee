import { describe, expect, it } from 'vitest';
import type { RespValue } from '../protocol/value.ts';
import { array, bulk, error, integer, simple } from '../protocol/value.ts';
import { handshake } from './handshake.ts';
import { identity } from './identity.ts';

const master = array([bulk('master'), integer(0), array([])]);
const slave = (link: string): RespValue =>
  array([bulk('slave'), bulk('127.0.0.1'), integer(7001), bulk(link), integer(0)]);
const ok = simple('OK');
const plain = identity(undefined, undefined, 0, 2);
const hello: RespValue = { type: 'map', entries: [] };

describe('the handshake of a connection', () => {
  it('asks for the role last, in the same write', () => {
    const { bytes, replyCount } = handshake(identity('ann', 'secret', 3, 2), {}, 'primary');
    expect(
      bytes
        .toString()
        .match(/\r\n(AUTH|HELLO|SELECT|ROLE)\r\n/g)
        ?.map((each) => each.trim()),
    ).toEqual(['AUTH', 'HELLO', 'SELECT', 'ROLE']);
    expect(replyCount).toBe(4);
  });

  it('accepts a master for writes, and a linked replica for reads', () => {
    expect(handshake(plain, {}, 'primary').judge([hello, master]).type).toBe('verified');
    expect(handshake(plain, {}, 'primary').judge([hello, slave('connected')]).type).toBe('unfit');
    expect(handshake(plain, {}, 'replica').judge([hello, slave('connected')]).type).toBe('verified');
    expect(handshake(plain, {}, 'replica').judge([hello, slave('sync')]).type).toBe('unfit');
    expect(handshake(plain, {}, 'replica').judge([hello, master]).type).toBe('verified');
  });

  it('[29] asks with the listener’s own rights where the client’s user may not ask', () => {
    const shake = handshake(identity('ann', 'x', 0, 3), { username: 'admin', password: 'y' }, 'primary');
    const denied = error('NOPERM this user has no permissions to run the role command');
    expect(shake.judge([ok, master, ok, hello, denied]).type).toBe('verified');
    expect(shake.judge([ok, slave('connected'), ok, hello, denied]).type).toBe('unfit');
  });

  it('tells a wrong password from a server that is not ready', () => {
    const shake = handshake(identity('ann', 'x', 0, 2), {}, 'primary');
    const wrong = 'WRONGPASS invalid username-password pair or user is disabled.';
    expect(shake.judge([error(wrong), error('NOAUTH x'), error('NOAUTH x')])).toEqual({
      type: 'rejected',
      error: wrong,
    });
    const loading = error('LOADING Redis is loading the dataset in memory');
    expect(shake.judge([loading, loading, loading])).toMatchObject({
      type: 'unfit',
      reply: { code: 'LOADING' },
    });
  });

  it('never holds a password in the key of an identity, and a wrong one has another key', () => {
    const keys = ['secret', 'guess', undefined].map((password) => identity('ann', password, 0, 2).key);
    expect(new Set(keys).size).toBe(3);
    expect(keys.join()).not.toContain('secret');
  });
});
