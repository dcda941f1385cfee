import { describe, expect, it } from 'vitest';
import { array, bulk, error, integer, nullBulk } from './protocol/value.ts';
import {
  readMyId,
  readRole,
  readSentinelMaster,
  readSentinelPeers,
  readSentinelReplicas,
  readTilt,
} from './read-reply.ts';

const fields = (...words: string[]) => array(words.map((word) => bulk(word)));

describe('reading what a server says', () => {
  it('reads the role of a primary with its replicas', () => {
    const replica = array([bulk('10.0.0.2'), bulk('6379'), bulk('14')]);
    expect(readRole(array([bulk('master'), integer(14), array([replica])]))).toEqual({
      type: 'role',
      role: { type: 'master', replicas: ['10.0.0.2:6379'], lagging: [] },
    });
  });

  it('[37] tells which replicas are further behind than they may be', () => {
    const replica = (host: string, offset: string) => array([bulk(host), bulk('6379'), bulk(offset)]);
    const listed = array([replica('10.0.0.2', '900'), replica('10.0.0.3', '899')]);
    expect(readRole(array([bulk('master'), integer(1000), listed]), 100)).toMatchObject({
      role: { lagging: ['10.0.0.3:6379'] },
    });
  });

  it.each([
    ['connected', true],
    ['sync', false],
    ['connect', false],
  ])('reads a replica whose link is %s', (link, isLinked) => {
    expect(readRole(array([bulk('slave'), bulk('10.0.0.1'), integer(6379), bulk(link), integer(1)]))).toEqual(
      {
        type: 'role',
        role: { type: 'slave', primary: '10.0.0.1:6379', isLinked },
      },
    );
  });

  it('reads a Sentinel that leads a failover', () => {
    const master = fields(
      ...['name', 'mymaster', 'ip', '10.0.0.1', 'port', '6379', 'flags', 'master,failover_in_progress'],
      ...['failover-state', 'wait_promotion', 'config-epoch', '4', 'num-other-sentinels', '2', 'quorum', '2'],
    );
    expect(readSentinelMaster(master, 'mymaster')).toMatchObject({
      type: 'sentinelMaster',
      address: '10.0.0.1:6379',
      configEpoch: 4,
      otherSentinels: 2,
      flags: ['master', 'failover_in_progress'],
      failoverState: 'wait_promotion',
    });
  });

  it('reads RESP3 maps as it reads flat lists', () => {
    const entries = [
      ['ip', '10.0.0.1'],
      ['port', '6379'],
      ['config-epoch', '4'],
      ['num-other-sentinels', '2'],
    ].map(([key = '', value = '']) => [bulk(key), bulk(value)] as const);
    expect(readSentinelMaster({ type: 'map', entries }, 'mymaster')).toMatchObject({ configEpoch: 4 });
  });

  it('reads replicas and other Sentinels, and leaves out one without an address', () => {
    const list = array([
      fields('ip', '10.0.0.2', 'port', '6379', 'flags', 'slave,promoted', 'runid', 'x'),
      fields('ip', ''),
    ]);
    expect(readSentinelReplicas(list, 'm')).toMatchObject({
      replicas: [{ address: '10.0.0.2:6379', flags: ['slave', 'promoted'] }],
    });
    expect(readSentinelPeers(list, 'm')).toMatchObject({ peers: [{ address: '10.0.0.2:6379', id: 'x' }] });
  });

  it('tells a name that is not known from every other error', () => {
    expect(readSentinelMaster(error('ERR No such master with that name'), 'm')).toEqual({
      type: 'unknownMaster',
      name: 'm',
    });
    expect(readSentinelMaster(error('NOAUTH Authentication required.'), 'm')).toMatchObject({
      code: 'NOAUTH',
    });
  });

  it('reads TILT and the id', () => {
    expect(readTilt(bulk('# Sentinel\r\nsentinel_tilt:1\r\nx:0\r\n'))).toEqual({
      type: 'sentinelTilt',
      isTilt: true,
    });
    expect(readTilt(bulk('sentinel_tilt:0\r\n'))).toEqual({ type: 'sentinelTilt', isTilt: false });
    expect(readMyId(bulk('abc'))).toEqual({ type: 'myId', id: 'abc' });
  });

  it.each([
    ['ROLE', () => readRole(nullBulk)],
    ['SENTINEL MASTER', () => readSentinelMaster(fields('ip', '10.0.0.1', 'port', '6379'), 'm')],
    ['SENTINEL MYID', () => readMyId(nullBulk)],
    ['INFO sentinel', () => readTilt(nullBulk)],
  ])('does not guess at an answer to %s that it cannot read', (_command, read) => {
    expect(read()).toMatchObject({ type: 'errorReply', code: 'UNREADABLE' });
  });
});
