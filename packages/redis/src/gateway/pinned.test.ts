import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { benchTop, bulk, failOver, names, until } from './test-kit/bench-top.ts';
import type { Handler } from './test-kit/scripted-server.ts';

const aborted =
  '-EXECABORT failover: the transaction was lost with its server before EXEC was sent; not executed\r\n';

/** Enough of a server for transactions and subscriptions. */
const redis: Handler = (args, connection) => {
  const name = args[0]?.toUpperCase() ?? '';
  const inMulti = connection.received.findLastIndex((each) => each[0] === 'MULTI');
  const closed = connection.received.findLastIndex(
    (each, at) => (each[0] === 'EXEC' || each[0] === 'DISCARD') && at < connection.received.length - 1,
  );
  if (inMulti > closed && !['MULTI', 'EXEC', 'DISCARD'].includes(name)) return '+QUEUED\r\n';
  switch (name) {
    case 'EXEC':
      return `*${connection.received.length - inMulti - 2}\r\n${':1\r\n'.repeat(connection.received.length - inMulti - 2)}`;
    case 'SUBSCRIBE':
      return args
        .slice(1)
        .map((channel, at) => `*3\r\n${bulk('subscribe')}${bulk(channel)}:${at + 1}\r\n`)
        .join('');
    case 'UNSUBSCRIBE':
      return args
        .slice(1)
        .map((channel) => `*3\r\n${bulk('unsubscribe')}${bulk(channel)}:0\r\n`)
        .join('');
    case 'BLPOP':
    case 'XREAD':
      return undefined;
    case 'GET':
    case 'EVAL':
      return bulk(String(args[1]));
    default:
      return '+OK\r\n';
  }
};

describe('a connection of a client’s own', () => {
  it('is not used for anything but what needs one, and keeps the order of replies', async () => {
    await using top = benchTop(redis);
    const client = top.connect();
    client.send('GET a', 'EVAL b 0', 'GET c', 'EVAL d 0', 'GET e');
    await client.receives(['a', 'b', 'c', 'd', 'e'].map(bulk).join(''));
    client.send('GET f');
    await client.receives(['a', 'b', 'c', 'd', 'e', 'f'].map(bulk).join(''));
    expect(top.a.connections).toHaveLength(2);
    expect(top.a.connections[0]?.received.map((args) => args[1])).toEqual(['a', 'f']);
    expect(top.gateway.counters).toMatchObject({ sharedUpstreams: 1, pinnedUpstreams: 1 });
  });

  it('runs nothing of a transaction whose MULTI no server took in time, and what stands behind it', async () => {
    await using top = benchTop(redis);
    top.cluster.fence();
    const client = top.connect();
    client.send('MULTI', 'SET a 1', 'INCR b', 'EXEC', 'GET c');
    await until(() => top.cluster.held > 0);
    top.cluster.refuseHeld(1);
    top.cluster.grant(top.second);
    await until(() => client.text.endsWith(bulk('c')));
    const refused = '-TRYAGAIN failover: not executed, the hold window is over\r\n';
    expect(client.text).toBe(`${refused.repeat(4)}${bulk('c')}`);
    expect(names(top, 'b')).toEqual(['GET c']);
  });

  it('carries a transaction and what is in it', async () => {
    await using top = benchTop(redis);
    const client = top.connect();
    const other = top.connect();
    client.send('MULTI', 'SET a 1', 'INCR b');
    other.send('GET x');
    client.send('EXEC', 'GET y');
    await client.receives(`+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n:1\r\n:1\r\n${bulk('y')}`);
    await other.receives(bulk('x'));
    const own = top.a.connections.find((each) => each.received[0]?.[0] === 'MULTI');
    expect(own?.received.map((args) => args[0])).toEqual(['MULTI', 'SET', 'INCR', 'EXEC', 'GET']);
  });

  it('is closed when its client leaves', async () => {
    await using top = benchTop(redis);
    const client = top.connect();
    client.send('MULTI');
    await client.receives('+OK\r\n');
    client.socket.destroy();
    await until(() => !top.a.connections.some((each) => each.isOpen && each.received[0]?.[0] === 'MULTI'));
    expect(top.gateway.counters).toMatchObject({ clients: 0, pinnedUpstreams: 0 });
  });

  it('is closed when it is not used for a while', async () => {
    await using top = benchTop(redis, { limits: { pinnedIdleMs: 5 } });
    const client = top.connect();
    client.send('EVAL a 0');
    await client.receives(bulk('a'));
    expect(top.gateway.counters['pinnedUpstreams']).toBe(1);
    await until(() => top.gateway.counters['pinnedUpstreams'] === 0);
    client.send('EVAL b 0');
    await client.receives(bulk('a') + bulk('b'));
  });

  it('gets a script that was in flight told as unknown, and a read-only one sent again', async () => {
    await using top = benchTop((args) => (args[0] === 'MULTI' ? '+OK\r\n' : undefined));
    const writer = top.connect();
    const reader = top.connect();
    writer.send('EVAL a 0');
    reader.send('EVAL_RO b 0');
    await until(() => top.a.received.length === 2);
    top.b.handler = (args) => bulk(String(args[1]));
    await failOver(top);
    await until(() => writer.text.startsWith('-OUTCOMEUNKNOWN'));
    await reader.receives(bulk('b'));
    expect(names(top, 'b')).toEqual(['EVAL_RO b 0']);
  });
});

describe('a transaction', () => {
  it('[39] that is lost before EXEC was sent is aborted, and its client goes on', async () => {
    await using top = benchTop(redis);
    const client = top.connect();
    client.send('MULTI', 'SET a 1');
    await client.receives('+OK\r\n+QUEUED\r\n');
    await failOver(top);
    client.send('SET b 2', 'EXEC', 'GET c');
    await client.receives(`+OK\r\n+QUEUED\r\n${aborted}${aborted}${bulk('c')}`);
    expect(names(top, 'b')).toEqual(['GET c']);
  });

  it('that is lost before EXEC was sent can be discarded', async () => {
    await using top = benchTop(redis);
    const client = top.connect();
    client.send('MULTI');
    await client.receives('+OK\r\n');
    await failOver(top);
    client.send('DISCARD', 'GET c');
    await client.receives(`+OK\r\n+OK\r\n${bulk('c')}`);
  });

  it('[17] that is lost after EXEC was sent is unknown, and is never sent again', async () => {
    await using top = benchTop((args) =>
      args[0] === 'EXEC' ? undefined : args[0] === 'MULTI' ? '+OK\r\n' : '+QUEUED\r\n',
    );
    const client = top.connect();
    client.send('MULTI', 'SET a 1', 'EXEC');
    await client.receives('+OK\r\n+QUEUED\r\n');
    await until(() => top.a.received.length === 3);
    top.b.handler = redis;
    await failOver(top);
    await until(() => client.text.includes('-OUTCOMEUNKNOWN'));
    client.send('GET c');
    await until(() => client.text.endsWith(bulk('c')));
    expect(names(top, 'b')).toEqual(['GET c']);
  });

  it('whose every answer is missing is answered as queued up to EXEC, which alone is unknown', async () => {
    await using top = benchTop(() => undefined);
    const client = top.connect();
    client.send('MULTI', 'SET a 1', 'EXEC');
    await until(() => top.a.received.length === 3);
    top.b.handler = redis;
    await failOver(top);
    await until(() => client.text.includes('-OUTCOMEUNKNOWN'));
    expect(client.text).toMatch(/^\+OK\r\n\+QUEUED\r\n-OUTCOMEUNKNOWN [^\r]*\r\n$/);
    client.send('GET c');
    await until(() => client.text.endsWith(bulk('c')));
    expect(names(top, 'b')).toEqual(['GET c']);
  });

  it('[18] fails as if a watched key had changed when the watch was lost', async () => {
    await using top = benchTop(redis);
    const client = top.connect();
    client.send('WATCH k', 'GET k');
    await client.receives(`+OK\r\n${bulk('k')}`);
    await failOver(top);
    client.send('MULTI', 'SET k 1', 'EXEC', 'GET after');
    await client.receives(`+OK\r\n${bulk('k')}+OK\r\n+QUEUED\r\n*-1\r\n${bulk('after')}`);
    expect(names(top, 'b')).toEqual(['MULTI', 'SET k 1', 'DISCARD', 'GET after']);
  });

  it('[18] fails as if a watched key had changed when a command behind the watch was refused, and went to another server', async () => {
    let isReplica = false;
    await using top = benchTop((args, connection) =>
      isReplica && args[0] === 'GET' ? '-READONLY no\r\n' : redis(args, connection),
    );
    top.b.handler = redis;
    const client = top.connect();
    client.send('WATCH k', 'GET a');
    const told = `+OK\r\n${bulk('a')}`;
    await client.receives(told);
    isReplica = true;
    client.send('GET k');
    await until(() => top.cluster.reports.length > 0);
    top.cluster.grant(top.second);
    await client.receives(`${told}${bulk('k')}`);
    client.send('MULTI', 'SET k 1', 'EXEC');
    await client.receives(`${told}${bulk('k')}+OK\r\n+QUEUED\r\n*-1\r\n`);
    expect(names(top, 'b')).toEqual(['GET k', 'MULTI', 'SET k 1', 'DISCARD']);
  });

  it('succeeds after a lost watch that the client gave up', async () => {
    await using top = benchTop(redis);
    const client = top.connect();
    client.send('WATCH k');
    await client.receives('+OK\r\n');
    await failOver(top);
    client.send('UNWATCH', 'MULTI', 'SET k 1', 'EXEC');
    await client.receives('+OK\r\n+OK\r\n+OK\r\n+QUEUED\r\n*1\r\n:1\r\n');
  });

  it('[16] gets a refusal of a command in it as it is', async () => {
    await using top = benchTop((args, connection) =>
      args[0] === 'SET'
        ? '-READONLY no\r\n'
        : args[0] === 'EXEC'
          ? '-EXECABORT Transaction discarded\r\n'
          : redis(args, connection),
    );
    const client = top.connect();
    client.send('MULTI', 'SET a 1', 'EXEC');
    await client.receives('+OK\r\n-READONLY no\r\n-EXECABORT Transaction discarded\r\n');
    expect(top.cluster.reports[0]).toMatchObject({ reply: { code: 'READONLY' } });
  });
});

describe('a subscriber', () => {
  const subscribed = `*3\r\n${bulk('subscribe')}${bulk('news')}:1\r\n`;
  const message = (text: string): string => `*3\r\n${bulk('message')}${bulk('news')}${bulk(text)}`;

  it('gets its messages from the new server without a word about the change', async () => {
    await using top = benchTop(redis);
    const client = top.connect();
    client.send('SUBSCRIBE news');
    await client.receives(subscribed);
    top.a.connections[0]?.write(message('one'));
    await client.receives(subscribed + message('one'));
    await failOver(top);
    await until(() => top.b.received.length === 1);
    expect(names(top, 'b')).toEqual(['SUBSCRIBE news']);
    top.b.connections[0]?.write(message('two'));
    await client.receives(subscribed + message('one') + message('two'));
    expect(top.cluster.gaps).toMatchObject([{ server: top.second, subscriptions: 1 }]);
  });

  it('[23] of 10,000 channels has them all back before the end of its gap is told', async () => {
    const channels = Array.from({ length: 10_000 }, (_, at) => `channel-${at}`);
    await using top = benchTop(redis);
    const client = top.connect();
    const subscribedAt = performance.now();
    client.send(['SUBSCRIBE', ...channels.slice(0, 5000)], ['SUBSCRIBE', ...channels.slice(5000)]);
    await until(() => client.text.includes('channel-9999'));
    const before = client.text.length;
    let gapsWhenHalf = 0;
    top.b.handler = (args, connection) => {
      if (args.includes('channel-5000')) gapsWhenHalf = top.cluster.gaps.length;
      return redis(args, connection);
    };
    await failOver(top);
    const grantedAt = performance.now();
    await until(() => top.cluster.gaps.length === 1);
    expect(gapsWhenHalf).toBe(0);
    const [gap] = top.cluster.gaps;
    expect(gap).toMatchObject({ server: top.second, subscriptions: 10_000 });
    // It was heard last when it confirmed.
    expect(gap?.from).toBeGreaterThan(subscribedAt);
    expect(gap?.from).toBeLessThan(grantedAt);
    const again = top.b.received.filter(([name]) => name === 'SUBSCRIBE').flatMap(([, ...names_]) => names_);
    expect(again.sort()).toEqual(channels.sort());
    // The client is shown none of it.
    expect(client.text).toHaveLength(before);
  });

  it('waits for a server as long as it is there itself', async () => {
    await using top = benchTop(redis);
    const client = top.connect();
    client.send('SUBSCRIBE news');
    await client.receives(subscribed);
    top.cluster.fence();
    await until(() => top.cluster.held === 1);
    top.cluster.refuseHeld();
    await turn();
    expect(client.text).toBe(subscribed);
    top.cluster.grant(top.second);
    await expect.poll(() => names(top, 'b')).toEqual(['SUBSCRIBE news']);
  });

  it('asks again when the new server does not accept it', async () => {
    await using top = benchTop(redis);
    let tries = 0;
    top.b.handler = (args, connection) => {
      if (args[0] !== 'AUTH') return redis(args, connection);
      tries += 1;
      return tries > 1 ? '+OK\r\n' : '-WRONGPASS invalid username-password pair or user is disabled.\r\n';
    };
    const client = top.connect();
    client.send('AUTH ann secret', 'SUBSCRIBE news');
    await client.receives(`+OK\r\n${subscribed}`);
    await failOver(top);
    await until(() => names(top, 'b').length > 0);
    expect(names(top, 'b')).toEqual(['SUBSCRIBE news']);
    expect(client.text).toBe(`+OK\r\n${subscribed}`);
  });

  it('does not lose its place among replies when messages come between', async () => {
    await using top = benchTop((args, connection) => {
      if (args[0] !== 'PING') return redis(args, connection);
      connection.write(message('between'));
      return `*2\r\n${bulk('pong')}${bulk('')}`;
    });
    const client = top.connect();
    client.send('SUBSCRIBE news', 'PING', 'UNSUBSCRIBE news', 'GET a');
    await client.receives(
      `${subscribed}${message('between')}*2\r\n${bulk('pong')}${bulk('')}*3\r\n${bulk('unsubscribe')}${bulk('news')}:0\r\n${bulk('a')}`,
    );
  });

  it('gets only the confirmations that it has not seen', async () => {
    await using top = benchTop((args) => (args[0] === 'SUBSCRIBE' ? subscribed : undefined));
    const client = top.connect();
    client.send('SUBSCRIBE news sport');
    await client.receives(subscribed);
    top.b.handler = redis;
    await failOver(top);
    await client.receives(`${subscribed}*3\r\n${bulk('subscribe')}${bulk('sport')}:2\r\n`);
  });

  it('[24] that speaks RESP3 gets pushes and replies apart', async () => {
    const push = `>3\r\n${bulk('message')}${bulk('news')}${bulk('one')}`;
    await using top = benchTop((args, connection) => {
      if (args[0] === 'SUBSCRIBE') return `>3\r\n${bulk('subscribe')}${bulk('news')}:1\r\n`;
      if (args[0] === 'GET') connection.write(push);
      return redis(args, connection);
    });
    const client = top.connect();
    client.send('HELLO 3');
    await until(() => client.text.startsWith('%7\r\n'));
    const before = client.text;
    client.send('SUBSCRIBE news', 'GET a', 'GET b');
    await client.receives(
      `${before}>3\r\n${bulk('subscribe')}${bulk('news')}:1\r\n${push}${bulk('a')}${push}${bulk('b')}`,
    );
  });
});

describe('a blocking command', () => {
  it('[19] that may have taken an element is unknown when its server dies', async () => {
    await using top = benchTop(redis);
    const client = top.connect();
    client.send('BLPOP list 0');
    await until(() => top.a.received.length === 1);
    await failOver(top);
    await until(() => client.text.startsWith('-OUTCOMEUNKNOWN'));
    expect(top.b.received).toEqual([]);
  });

  it('[19] that the server unblocked waits on at the next one', async () => {
    await using top = benchTop(redis);
    const client = top.connect();
    client.send('BLPOP list 0');
    await until(() => top.a.received.length === 1);
    top.cluster.doubt();
    top.a.connections[0]?.write(
      '-UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)\r\n',
    );
    await until(() => top.cluster.held === 1);
    top.cluster.grant(top.second);
    await until(() => top.b.received.length === 1);
    expect(names(top, 'b')).toEqual(['BLPOP list 0']);
    expect(client.text).toBe('');
  });

  it('that only reads waits on at the next server', async () => {
    await using top = benchTop(redis);
    const client = top.connect();
    client.send('XREAD BLOCK 0 STREAMS s $');
    await until(() => top.a.received.length === 1);
    await failOver(top);
    await until(() => top.b.received.length === 1);
    expect(names(top, 'b')).toEqual(['XREAD BLOCK 0 STREAMS s $']);
  });
});

describe('a session', () => {
  it('is known to us and not to the server: name and number', async () => {
    await using top = benchTop(redis);
    const client = top.connect();
    client.send(
      'CLIENT SETNAME me',
      'CLIENT GETNAME',
      'CLIENT ID',
      'CLIENT SETINFO LIB-NAME x',
      'CLIENT PAUSE 100',
    );
    await until(() => client.text.includes('refused'));
    expect(client.text).toBe(
      `+OK\r\n${bulk('me')}:1\r\n+OK\r\n-ERR CLIENT PAUSE is refused by failover: it would reach every client of the server\r\n`,
    );
    expect(top.a.received).toEqual([]);
  });

  it('checks a password with the server before the client joins others that gave it', async () => {
    await using top = benchTop((args, connection) => {
      if (args[0] !== 'AUTH') return redis(args, connection);
      return args.at(-1) === 'secret'
        ? '+OK\r\n'
        : '-WRONGPASS invalid username-password pair or user is disabled.\r\n';
    });
    const first = top.connect();
    const second = top.connect();
    first.send('AUTH ann secret', 'GET a');
    await first.receives(`+OK\r\n${bulk('a')}`);
    second.send('AUTH ann guess', 'GET b');
    await second.receives(`-WRONGPASS invalid username-password pair or user is disabled.\r\n${bulk('b')}`);
    // Each on a connection of its own: ann's, and the listener's, which is what the second client still uses.
    const [anns] = top.a.connections.filter((each) => each.received.some((args) => args[1] === 'a'));
    expect(anns?.received).toEqual([['GET', 'a']]);
  });

  it('selects a database that the server knows, and keeps its commands apart', async () => {
    await using top = benchTop((args, connection) =>
      args[0] === 'SELECT' && args[1] === '99'
        ? '-ERR DB index is out of range\r\n'
        : redis(args, connection),
    );
    const client = top.connect();
    client.send('GET zero', 'SELECT 3', 'GET three', 'SELECT 99', 'GET still', 'SELECT x');
    await client.receives(
      `${bulk('zero')}+OK\r\n${bulk('three')}-ERR DB index is out of range\r\n${bulk('still')}-ERR value is not an integer or out of range\r\n`,
    );
    const perConnection = top.a.connections.map((each) => each.received.map((args) => args[1]));
    expect(perConnection).toContainEqual(['zero']);
    expect(perConnection).toContainEqual(['three', 'still']);
  });

  it('greets with the words of the server and a number of our own', async () => {
    await using top = benchTop(redis);
    const client = top.connect();
    client.send('HELLO 2', 'HELLO 4', 'HELLO x');
    await until(() => client.text.includes('not an integer'));
    expect(client.text).toContain(`${bulk('version')}${bulk('7.0.0')}`);
    expect(client.text).toContain(`${bulk('id')}:1\r\n`);
    expect(client.text).toContain('-NOPROTO unsupported protocol version\r\n');
  });

  it('begins anew with RESET, and ends with QUIT once all before it is answered', async () => {
    await using top = benchTop(redis);
    const client = top.connect();
    client.send('MULTI', 'RESET', 'GET a', 'QUIT');
    await client.receives(`+OK\r\n+RESET\r\n${bulk('a')}+OK\r\n`);
    await until(() => !client.isOpen);
  });

  it('takes a word with a NUL behind it for another word, and answers as a server mostly does', async () => {
    await using top = benchTop(redis);
    const client = top.connect();
    client.send('CLIENT PAUSE\0 1', 'GET a');
    await client.receives(`-ERR unknown subcommand 'PAUSE'. Try CLIENT HELP.\r\n${bulk('a')}`);
    expect(names(top, 'a')).toEqual(['GET a']);
    // The server's to answer, and no end of the client.
    client.send('QUIT\0');
    await until(() => names(top, 'a').includes('QUIT\0'));
    expect(client.isOpen).toBe(true);
  });

  it('refuses what would harm everybody else', async () => {
    await using top = benchTop(redis);
    const client = top.connect();
    client.send('SHUTDOWN NOSAVE', 'GET a');
    await client.receives(
      `-ERR SHUTDOWN is refused by failover: it would harm every other client of the server\r\n${bulk('a')}`,
    );
    expect(names(top, 'a')).toEqual(['GET a']);
  });
});

describe('a large command', () => {
  const large = `*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5000\r\n${'x'.repeat(5000)}\r\n`;

  it('goes over a connection of its own, and what follows keeps its place', async () => {
    await using top = benchTop(redis, { limits: { maxSharedBytes: 1000 } });
    const client = top.connect();
    client.send('GET a');
    client.write(large);
    client.send('GET b');
    await client.receives(`${bulk('a')}+OK\r\n${bulk('b')}`);
    expect(top.a.connections).toHaveLength(2);
  });

  it('is passed on while it arrives, and half of it counts as not executed', async () => {
    await using top = benchTop(redis, { limits: { maxSharedBytes: 500, maxWholeBytes: 1000 } });
    const client = top.connect();
    client.write(large.slice(0, 2000));
    await until(() => top.a.connections.length === 1);
    await turn();
    client.write(large.slice(2000));
    client.send('GET b');
    await client.receives(`+OK\r\n${bulk('b')}`);

    client.write(large.slice(0, 2000));
    await turn();
    await turn();
    await failOver(top);
    client.write(large.slice(2000));
    client.send('GET c');
    await client.receives(
      `+OK\r\n${bulk('b')}-TRYAGAIN failover: not executed, the connection was lost before all of it was sent\r\n${bulk('c')}`,
    );
    expect(names(top, 'b')).toEqual(['GET c']);
  });

  it('keeps nobody waiting when the listener drains in the middle of it', async () => {
    await using top = benchTop(redis, { limits: { maxSharedBytes: 500, maxWholeBytes: 1000 } });
    const client = top.connect();
    client.send('GET a');
    client.write(large.slice(0, 2000));
    await until(() => top.a.connections.length === 2);
    top.drain.abort();
    await until(() => !client.isOpen);
    expect(client.text).toBe(
      `${bulk('a')}-TRYAGAIN failover: not executed, its connection was ended before all of it came\r\n`,
    );
  });
});
