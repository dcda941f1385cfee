import { describe, expect, it } from 'vitest';
import { array, bulk, error, integer, nullBulk } from './protocol/value.ts';
import {
  readClusterNodes,
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

describe('reading the nodes of a Redis Cluster', () => {
  const nodes = (...lines: string[]) => {
    const reply = readClusterNodes(bulk(`${lines.join('\n')}\n`));
    return reply.type === 'clusterNodes' ? reply.nodes : [];
  };

  it('reads who is who, with bus ports, names and further words behind the address', () => {
    expect(
      nodes(
        'aa 10.0.0.1:6379@16379,one.example,shard-id=ff myself,master - 0 0 3 connected 0-5460 5462',
        'bb 10.0.0.2:6379@16379,, slave aa 0 1700000000000 3 connected',
      ),
    ).toEqual([
      {
        id: 'aa',
        address: '10.0.0.1:6379',
        isMyself: true,
        health: 'fine',
        epoch: 3,
        slots: [
          [0, 5460],
          [5462, 5462],
        ],
      },
      {
        id: 'bb',
        address: '10.0.0.2:6379',
        isMyself: false,
        health: 'fine',
        follows: 'aa',
        epoch: 3,
        slots: [],
      },
    ]);
  });

  it('reads of servers before 4 too, which tell no bus port', () => {
    expect(nodes('aa 10.0.0.1:6379 master - 0 0 3 connected')).toMatchObject([{ address: '10.0.0.1:6379' }]);
  });

  it('tells a node that is suspected from one that failed', () => {
    const health = nodes(
      'aa 10.0.0.1:1@2 master,fail? - 0 0 1 connected',
      'bb 10.0.0.1:2@3 master,fail - 0 0 2 disconnected',
      'cc 10.0.0.1:3@4 master - 0 0 3 connected',
    ).map((node) => node.health);
    expect(health).toEqual(['suspected', 'failed', 'fine']);
  });

  it('leaves slots that are on their way where they come from', () => {
    const [from, to] = nodes(
      'aa 10.0.0.1:1@2 myself,master - 0 0 1 connected 0-100 [93->-bb]',
      'bb 10.0.0.1:2@3 master - 0 0 2 connected 101-200 [93-<-aa]',
    );
    expect([from?.slots, to?.slots]).toEqual([[[0, 100]], [[101, 200]]]);
  });

  it('has no address of a node that nobody can reach, nor of one that met nobody', () => {
    const read = nodes(
      'aa 10.0.0.1:1@2 slave,noaddr bb 0 0 1 disconnected',
      'bb :6379@16379 myself,master - 0 0 0 connected',
      'cc :0@0 master,fail,noaddr - 0 0 0 disconnected',
    );
    expect(read.map(({ address }) => address)).toEqual([undefined, undefined, undefined]);
  });

  it('passes over nodes that are only being met, and what is no node', () => {
    expect(nodes('aa 10.0.0.1:1@2 handshake - 0 0 0 connected', '', 'what', 'aa 10.0.0.1:1@2')).toEqual([]);
  });

  it('reads addresses of IPv6', () => {
    expect(nodes('aa fd00::1:6379@16379 myself,master - 0 0 1 connected')).toMatchObject([
      { address: '[fd00::1]:6379' },
    ]);
  });

  it('reports what it cannot read', () => {
    expect(readClusterNodes(error('ERR This instance has cluster support disabled'))).toMatchObject({
      type: 'errorReply',
      code: 'ERR',
    });
    expect(readClusterNodes(integer(1))).toMatchObject({ type: 'errorReply', code: 'UNREADABLE' });
  });
});
