import type { Duplex } from 'node:stream';
import type { Pace, Report } from '@failover/core';
import { endpoint } from '@failover/core';
import { virtualRuntime } from '@failover/core/virtual';
import { BehaviorSubject } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RedisOptions } from './config.ts';
import { redisConfig } from './config.ts';
import { watch } from './monitor.ts';
import { createRequestDecoder } from './protocol/decode-request.ts';
import { encodeReply } from './protocol/encode.ts';
import type { RespValue } from './protocol/value.ts';
import { array, bulk, error, integer, simple } from './protocol/value.ts';
import type { RedisReply } from './replies.ts';

const server = endpoint('10.0.0.1:6379');
const sentinel = endpoint('10.0.1.1:26379');
const roleOfMaster = array([bulk('master'), integer(0), array([])]);

/** Answers each command from a table, unless it is hung, and remembers what it was asked. */
function script(
  runtime: ReturnType<typeof virtualRuntime>,
  at: typeof server,
  answers: Record<string, RespValue>,
) {
  const asked: string[] = [];
  const sockets = new Set<Duplex>();
  const owed: (() => void)[] = [];
  let isHung = false;
  let connections = 0;
  const close = runtime.network.listen(at, (socket) => {
    connections += 1;
    sockets.add(socket);
    const decoder = createRequestDecoder();
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      for (const command of decoder.feed(chunk)) {
        const line = command.join(' ');
        asked.push(line);
        const name = Object.keys(answers).find((each) => line.startsWith(each));
        const reply = (): void => {
          if (!socket.destroyed)
            socket.write(encodeReply(answers[name ?? ''] ?? error('ERR unknown command')));
        };
        if (isHung) owed.push(reply);
        else reply();
      }
    });
  });
  return {
    asked,
    answers,
    close,
    get connections() {
      return connections;
    },
    get open() {
      return sockets.size;
    },
    push: (value: RespValue) => {
      for (const socket of sockets) socket.write(encodeReply(value));
    },
    hang: () => {
      isHung = true;
    },
    resume: () => {
      isHung = false;
      for (const reply of owed.splice(0)) reply();
    },
    killClients: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

let runtime: ReturnType<typeof virtualRuntime>;
let pace$: BehaviorSubject<Pace>;
let reports: Report<RedisReply>[];
let stop: () => void;

function start(kind: 'data' | 'witness', options: Partial<RedisOptions> = {}): void {
  const seeds = options.cluster === undefined ? { sentinels: [sentinel] } : {};
  const config = redisConfig.parse({ name: 'mymaster', ...seeds, ...options });
  const member = { endpoint: kind === 'data' ? server : sentinel, kind };
  const subscription = watch(member, config, pace$, runtime).subscribe((report) => reports.push(report));
  stop = () => {
    subscription.unsubscribe();
  };
}
const types = () => reports.map((report) => report.type);
const replies = () => reports.flatMap((report) => (report.type === 'said' ? [report.reply.type] : []));

beforeEach(() => {
  runtime = virtualRuntime({ seed: 7 });
  pace$ = new BehaviorSubject<Pace>('idle');
  reports = [];
});

afterEach(async () => {
  stop();
  await runtime.advance(50);
  expect(runtime.pendingTimers).toBe(0);
});

describe('watching a server', () => {
  it('asks for its role at once, and then about twice a second', async () => {
    const redis = script(runtime, server, { ROLE: roleOfMaster });
    start('data');
    await runtime.advance(1);
    expect(reports).toMatchObject([
      { type: 'said', openedAt: 0, reply: { type: 'role', role: { type: 'master' } } },
    ]);
    await runtime.advance(10_000);
    expect(redis.asked.length).toBeGreaterThan(17);
    expect(redis.asked.length).toBeLessThan(24);
    expect(redis.connections).toBe(1);
  });

  it('asks ten times a second in doubt, and fifty times a chosen successor', async () => {
    const redis = script(runtime, server, { ROLE: roleOfMaster });
    start('data');
    await runtime.advance(1000);
    const rateOf = async (pace: Pace): Promise<number> => {
      pace$.next(pace);
      const before = redis.asked.length;
      await runtime.advance(10_000);
      return (redis.asked.length - before) / 10;
    };
    expect(await rateOf('alert')).toBeCloseTo(10, -1);
    expect(await rateOf('fast')).toBeCloseTo(50, -1);
  });

  it('asks a chosen successor on a new connection, because an older one proves nothing', async () => {
    const redis = script(runtime, server, { ROLE: roleOfMaster });
    start('data');
    await runtime.advance(100);
    pace$.next('fast');
    await runtime.advance(1);
    expect(redis.connections).toBe(2);
    expect(redis.open).toBe(1);
    expect(reports.at(-1)).toMatchObject({ type: 'said', openedAt: 100 });
    expect(types()).not.toContain('failed');
  });

  it('connects again and asks within a millisecond when its connection is closed', async () => {
    const redis = script(runtime, server, { ROLE: roleOfMaster });
    start('data');
    await runtime.advance(100);
    redis.killClients();
    await runtime.advance(1);
    expect(types()).toEqual(['said', 'failed', 'said']);
    expect(reports[1]).toMatchObject({ openedAt: 0 });
    expect(redis.connections).toBe(2);
  });

  it('backs off from an address that refuses, and never for longer than its pace allows', async () => {
    start('data');
    await runtime.advance(10_000);
    expect(new Set(types())).toEqual(new Set(['failed']));
    expect(reports.length).toBeGreaterThan(14);
    expect(reports.length).toBeLessThan(24);
    reports.length = 0;
    pace$.next('alert');
    await runtime.advance(10_000);
    expect(reports.length).toBeGreaterThan(32);
    expect(reports.length).toBeLessThan(55);
  });

  it('gives an attempt to connect one second', async () => {
    runtime.network.fault(server, { type: 'blackHole' });
    start('data');
    await runtime.advance(999);
    expect(reports).toEqual([]);
    await runtime.advance(2);
    expect(reports).toMatchObject([{ type: 'failed', openedAt: 0, reason: 'no connection within 1000 ms' }]);
  });

  it('reports silence after the limit, again each 250 ms, and the answer when it comes', async () => {
    const redis = script(runtime, server, { ROLE: roleOfMaster });
    start('data');
    await runtime.advance(100);
    redis.hang();
    await runtime.until(() => types().includes('silent'), 1000);
    const first = reports.at(-1);
    expect(first).toMatchObject({ type: 'silent', openedAt: 0 });
    // Its round trips were below a millisecond, so the limit is the least: 100 ms.
    expect(first?.type === 'silent' && first.forMs).toBeLessThan(101);
    await runtime.advance(1000);
    expect(reports.filter((report) => report.type === 'silent')).toHaveLength(5);
    redis.resume();
    await runtime.advance(1);
    expect(types().at(-1)).toBe('said');
    expect(redis.connections).toBe(1);
  });

  it('does not blame the server for our own stall', async () => {
    const redis = script(runtime, server, { ROLE: roleOfMaster });
    start('data');
    await runtime.advance(100);
    runtime.network.fault(server, { type: 'slow', ms: 5 });
    await runtime.until(() => redis.asked.length === 2, 1000);
    runtime.stall(3000);
    await runtime.advance(90);
    expect(types()).not.toContain('silent');
    expect(types().at(-1)).toBe('said');
  });

  it('tries a second connection after two seconds of silence, and goes on with it if it answers', async () => {
    const redis = script(runtime, server, { ROLE: roleOfMaster, PING: simple('PONG') });
    start('data');
    await runtime.advance(100);
    redis.hang();
    await runtime.until(() => redis.connections === 2, 4000);
    expect(reports.at(-1)).toMatchObject({ type: 'silent' });
    redis.resume();
    await runtime.advance(5);
    await runtime.advance(600);
    expect(types().at(-1)).toBe('said');
    expect(redis.open).toBe(1);
  });

  it('reports a failure if the second connection is refused: the silent one was cut off', async () => {
    const redis = script(runtime, server, { ROLE: roleOfMaster });
    start('data');
    await runtime.advance(100);
    redis.hang();
    await runtime.until(() => types().includes('silent'), 1000);
    runtime.network.fault(server, { type: 'refused' });
    await runtime.until(() => types().includes('failed'), 4000);
    expect(reports.at(-1)).toMatchObject({ reason: `connect ECONNREFUSED ${server}` });
  });

  it('says who it is before it asks, and reports if that is refused', async () => {
    const redis = script(runtime, server, { ROLE: roleOfMaster, AUTH: simple('OK') });
    start('data', { username: 'app', password: 'secret' });
    await runtime.advance(1);
    expect(redis.asked).toEqual(['AUTH app secret', 'ROLE']);
    redis.answers.AUTH = error('WRONGPASS invalid username-password pair');
    redis.killClients();
    await runtime.advance(1);
    expect(reports.at(-1)).toHaveProperty(
      'reason',
      'AUTH was refused: WRONGPASS invalid username-password pair',
    );
    expect(JSON.stringify(reports)).not.toContain('secret');
  });

  it('reports an error reply by its code', async () => {
    script(runtime, server, { ROLE: error("NOPERM User app has no permissions to run the 'role' command") });
    start('data');
    await runtime.advance(1);
    expect(reports).toMatchObject([{ type: 'said', reply: { type: 'errorReply', code: 'NOPERM' } }]);
  });

  it('leaves one that does not speak RESP', async () => {
    runtime.network.listen(server, (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n'));
    start('data');
    await runtime.advance(1);
    expect(reports[0]).toHaveProperty('reason', 'it does not speak RESP: unknown type, byte 72');
  });
});

describe('watching a Sentinel', () => {
  const fields = (record: Record<string, string>) =>
    array(
      Object.entries(record)
        .flat()
        .map((each) => bulk(each)),
    );
  const answers = (): Record<string, RespValue> => ({
    'SENTINEL MYID': bulk('id1'),
    'SENTINEL MASTER mymaster': fields({
      ip: '10.0.0.1',
      port: '6379',
      flags: 'master',
      'config-epoch': '3',
      'num-other-sentinels': '2',
      'down-after-milliseconds': '1000',
      quorum: '2',
    }),
    'SENTINEL REPLICAS mymaster': array([fields({ ip: '10.0.0.2', port: '6379', flags: 'slave' })]),
    'SENTINEL SENTINELS mymaster': array([]),
    'INFO sentinel': bulk('# Sentinel\r\nsentinel_tilt:0\r\n'),
    SUBSCRIBE: array([bulk('subscribe'), bulk('+switch-master'), integer(1)]),
    PSUBSCRIBE: array([bulk('psubscribe'), bulk('-failover-abort-*'), integer(2)]),
    PING: array([bulk('pong'), bulk('')]),
  });
  const message = (channel: string, text: string) => array([bulk('message'), bulk(channel), bulk(text)]);
  const rounds = (redis: ReturnType<typeof script>) =>
    redis.asked.filter((line) => line.startsWith('SENTINEL MASTER')).length;

  it('asks who it is, whether it trusts its clock, and then for all that it knows', async () => {
    script(runtime, sentinel, answers());
    start('witness');
    await runtime.advance(1);
    expect(replies()).toEqual([
      'myId',
      'sentinelTilt',
      'sentinelMaster',
      'sentinelReplicas',
      'sentinelPeers',
    ]);
  });

  it('asks little while all is well: each second, and each five seconds for the rest', async () => {
    const redis = script(runtime, sentinel, answers());
    start('witness');
    await runtime.advance(1000);
    redis.asked.length = 0;
    await runtime.advance(20_000);
    expect(redis.asked.length / 20).toBeLessThan(3);
    expect(rounds(redis)).toBeGreaterThan(17);
    expect(redis.connections).toBe(2);
  });

  it('never asks more than four times a second, however great the doubt', async () => {
    const redis = script(runtime, sentinel, answers());
    start('witness');
    await runtime.advance(1000);
    const before = rounds(redis);
    pace$.next('fast');
    await runtime.advance(10_000);
    expect(rounds(redis) - before).toBeLessThanOrEqual(50);
  });

  it('never casts a vote', async () => {
    const redis = script(runtime, sentinel, answers());
    start('witness');
    pace$.next('alert');
    await runtime.advance(5000);
    expect(redis.asked.join('\n')).not.toMatch(/IS-MASTER-DOWN/i);
  });

  it('reports an announcement at once and asks again', async () => {
    const redis = script(runtime, sentinel, answers());
    start('witness');
    await runtime.advance(100);
    const before = rounds(redis);
    redis.push(message('+selected-slave', 'slave 10.0.0.2:6379 10.0.0.2 6379 @ mymaster 10.0.0.1 6379'));
    await runtime.advance(1);
    expect(reports.at(-1)).toMatchObject({
      reply: { event: { type: 'selectedSlave', masterName: 'mymaster', server: '10.0.0.2:6379' } },
    });
    await runtime.advance(25);
    expect(rounds(redis)).toBe(before + 1);
  });

  it('[5] does not care what happens to another master of the same Sentinels', async () => {
    const redis = script(runtime, sentinel, answers());
    start('witness');
    await runtime.advance(100);
    const before = [reports.length, rounds(redis)];
    redis.push(message('+switch-master', 'other 10.0.0.8 6379 10.0.0.9 6379'));
    await runtime.advance(30);
    expect([reports.length, rounds(redis)]).toEqual(before);
  });

  it('[4] listens and asks again after a cut, so that no missed announcement matters', async () => {
    const redis = script(runtime, sentinel, answers());
    start('witness');
    await runtime.advance(100);
    const before = rounds(redis);
    redis.killClients();
    await runtime.advance(30);
    expect(redis.asked.filter((line) => line.startsWith('PSUBSCRIBE'))).toHaveLength(2);
    expect(rounds(redis)).toBeGreaterThan(before);
    expect(redis.open).toBe(2);
  });

  it('[12] says that a name is not known, and asks no more often for that', async () => {
    const redis = script(runtime, sentinel, {
      ...answers(),
      'SENTINEL MASTER mymaster': error('ERR No such master with that name'),
    });
    start('witness');
    await runtime.advance(10_000);
    expect(replies()).toContain('unknownMaster');
    expect(rounds(redis)).toBeLessThan(15);
  });

  it('[29] tells people once what only they can repair', async () => {
    const said: string[] = [];
    runtime = virtualRuntime({ seed: 7, log: (level, text) => level === 'warn' && said.push(text) });
    script(runtime, sentinel, {
      ...answers(),
      'SENTINEL MASTER mymaster': error('ERR No such master with that name'),
    });
    start('witness');
    await runtime.advance(5000);
    expect(said).toEqual([`${sentinel} does not know the master name mymaster`]);
  });

  it('is not given up because it lets nobody listen', async () => {
    const redis = script(runtime, sentinel, {
      ...answers(),
      SUBSCRIBE: error('NOPERM this user has no permissions to access one of the channels used as arguments'),
    });
    start('witness');
    await runtime.advance(10_000);
    expect(types()).not.toContain('failed');
    expect(redis.connections).toBeLessThan(25);
  });
});

describe('watching a node of a Redis Cluster', () => {
  const cluster = [server];
  const nodes = (primary: string) =>
    bulk(
      `aa 10.0.0.1:6379@1 myself,slave bb 0 0 1 connected\nbb 10.0.0.2:6379@1 ${primary} - 0 0 1 connected 0-16383\n`,
    );
  const about = (asked: readonly string[], name: string): number =>
    asked.filter((line) => line === name).length;

  it('asks for its nodes first, and at rest in one of four rounds only', async () => {
    const redis = script(runtime, server, { ROLE: roleOfMaster, 'CLUSTER NODES': nodes('master') });
    start('data', { cluster });
    await runtime.advance(1);
    expect(redis.asked).toEqual(['CLUSTER NODES', 'ROLE']);
    expect(replies()).toEqual(['clusterNodes', 'role']);
    await runtime.advance(20_000);
    const share = about(redis.asked, 'CLUSTER NODES') / about(redis.asked, 'ROLE');
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.3);
  });

  it('asks for them in each round in doubt', async () => {
    const redis = script(runtime, server, { ROLE: roleOfMaster, 'CLUSTER NODES': nodes('master') });
    start('data', { cluster });
    await runtime.advance(1000);
    pace$.next('alert');
    redis.asked.length = 0;
    await runtime.advance(5000);
    expect(about(redis.asked, 'CLUSTER NODES')).toBe(about(redis.asked, 'ROLE'));
  });

  it.each(['master,fail?', 'master,fail'])(
    'asks every 20 ms while the primary that it follows is %s, and no longer',
    async (flags) => {
      const redis = script(runtime, server, { ROLE: roleOfMaster, 'CLUSTER NODES': nodes(flags) });
      start('data', { cluster });
      pace$.next('alert');
      await runtime.advance(500);
      redis.asked.length = 0;
      await runtime.advance(1000);
      expect(about(redis.asked, 'CLUSTER NODES')).toBeGreaterThan(40);
      redis.answers['CLUSTER NODES'] = nodes('master');
      await runtime.advance(100);
      redis.asked.length = 0;
      await runtime.advance(1000);
      expect(about(redis.asked, 'CLUSTER NODES')).toBeLessThan(15);
    },
  );

  it('asks no server for nodes that is not of a cluster', async () => {
    const redis = script(runtime, server, { ROLE: roleOfMaster });
    start('data');
    pace$.next('alert');
    await runtime.advance(2000);
    expect(about(redis.asked, 'CLUSTER NODES')).toBe(0);
  });
});
