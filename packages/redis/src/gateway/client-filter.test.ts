import { describe, expect, it } from 'vitest';
import { newSession } from '../session/session.ts';
import type { ClientFacts } from './client-facts.ts';
import { describe as lineOf, factsOf, joinedFacts } from './client-facts.ts';
import { matches, readAboutOthers } from './client-filter.ts';
import { identity } from './identity.ts';

const read = (text: string) => readAboutOthers(text.split(' ').map((word) => Buffer.from(word)));
const asker = { id: 1 };

const facts = (own: Partial<ClientFacts> = {}): ClientFacts => ({
  ...factsOf({
    id: 7,
    address: '10.0.0.1:50000',
    reachedAt: undefined,
    ageMs: 4999,
    isInTransaction: false,
    isBlocked: false,
    users: undefined,
    state: { identity: identity('app', 'secret', 2, 3), user: undefined, session: newSession },
  }),
  ...own,
});

const isMeant = (text: string, own?: Partial<ClientFacts>): boolean => {
  const asked = read(text);
  if (asked?.type !== 'list' && asked?.type !== 'kill') throw new Error(JSON.stringify(asked));
  return matches(asked.filter, facts(own), asker);
};
const subscriber = { subscribed: { channel: 0, pattern: 1, shard: 0 } };

describe('whom CLIENT LIST and CLIENT KILL mean', () => {
  it.each([
    ['CLIENT LIST', true, true],
    ['client list type normal', true, false],
    ['CLIENT LIST TYPE PubSub', false, true],
    ['CLIENT LIST TYPE replica', false, false],
    ['CLIENT LIST TYPE slave', false, false],
    ['CLIENT LIST TYPE master', false, false],
    ['CLIENT LIST ID 3 7 5', true, true],
    ['CLIENT LIST ID 3', false, false],
    ['CLIENT KILL 10.0.0.1:50000', true, true],
    ['CLIENT KILL 10.0.0.1:50001', false, false],
    ['CLIENT KILL ID 7', true, true],
    ['CLIENT KILL ID 8', false, false],
    ['CLIENT KILL ADDR 10.0.0.1:50000 USER app', true, true],
    ['CLIENT KILL ADDR 10.0.0.1:50000 USER default', false, false],
    ['CLIENT KILL LADDR 127.0.0.1:6379', false, false],
    ['CLIENT KILL MAXAGE 4', true, true],
    ['CLIENT KILL MAXAGE 5', false, false],
    ['CLIENT KILL TYPE pubsub SKIPME no', false, true],
    ['CLIENT KILL ID 7 ID 8', false, false],
  ])('%s: one that only asks %s, one that is subscribed %s', (text, plain, subscribed) => {
    expect([isMeant(text), isMeant(text, subscriber)]).toEqual([plain, subscribed]);
  });

  it('leaves out who asks to kill, unless it says otherwise or names an address', () => {
    const me = { id: asker.id };
    expect(isMeant('CLIENT KILL TYPE normal', me)).toBe(false);
    expect(isMeant('CLIENT KILL TYPE normal SKIPME yes', me)).toBe(false);
    expect(isMeant('CLIENT KILL TYPE normal SKIPME no', me)).toBe(true);
    expect(isMeant('CLIENT KILL 10.0.0.1:50000', me)).toBe(true);
    expect(isMeant('CLIENT LIST', me)).toBe(true);
  });

  it.each([
    ['CLIENT LIST all', 'ERR syntax error'],
    ['CLIENT LIST TYPE', 'ERR syntax error'],
    ['CLIENT LIST TYPE normal pubsub', 'ERR syntax error'],
    ['CLIENT LIST TYPE odd', "ERR Unknown client type 'odd'"],
    ['CLIENT LIST ID', 'ERR syntax error'],
    ['CLIENT LIST ID 1 x', 'ERR Invalid client ID'],
    ['CLIENT LIST ID 01', 'ERR Invalid client ID'],
    ['CLIENT KILL', "ERR wrong number of arguments for 'client|kill' command"],
    ['CLIENT KILL ID 0', 'ERR client-id should be greater than 0'],
    ['CLIENT KILL ID x', 'ERR client-id should be greater than 0'],
    ['CLIENT KILL ID 01', 'ERR client-id should be greater than 0'],
    ['CLIENT KILL ID 1 ADDR', 'ERR syntax error'],
    ['CLIENT KILL NAME x', 'ERR syntax error'],
    ['CLIENT KILL TYPE odd', "ERR Unknown client type 'odd'"],
    ['CLIENT KILL SKIPME maybe', 'ERR syntax error'],
    ['CLIENT KILL MAXAGE x', 'ERR maxage is not an integer or out of range'],
    ['CLIENT KILL MAXAGE 0', 'ERR maxage should be greater than 0'],
    ['CLIENT UNBLOCK', "ERR wrong number of arguments for 'client|unblock' command"],
    ['CLIENT UNBLOCK x', 'ERR value is not an integer or out of range'],
    ['CLIENT UNBLOCK 9223372036854775808', 'ERR value is not an integer or out of range'],
    ['CLIENT UNBLOCK 1 now', 'ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR'],
  ])('refuses %s in the server’s words', (text, words) => {
    const asked = read(text);
    expect(asked?.type === 'error' && asked.reply.toString()).toBe(`-${words}\r\n`);
  });

  it('takes an unblocking for a timeout unless it is to be an error', () => {
    expect(read('CLIENT UNBLOCK 7')).toEqual({ type: 'unblock', id: 7, how: 'TIMEOUT' });
    expect(read('client unblock 7 error')).toEqual({ type: 'unblock', id: 7, how: 'ERROR' });
  });

  it('is not asked by what is about the client itself', () => {
    expect(read('CLIENT INFO')).toBeUndefined();
    expect(read('CLIENT')).toBeUndefined();
  });
});

describe('the line of a client', () => {
  it('has the server’s fields in the server’s order', () => {
    expect(lineOf(facts(), 'client|list')).toBe(
      'id=7 addr=10.0.0.1:50000 laddr= name= age=4 flags=N db=2 sub=0 psub=0 ssub=0 cmd=client|list user=app redir=-1 resp=3 lib-name= lib-ver=',
    );
  });

  it('shows what it does, and no password', () => {
    const session = { ...newSession, clientName: 'me', isMonitoring: true, tracking: ['CLIENT'] };
    const line = lineOf(facts({ ...subscriber, session, isBlocked: true, isInTransaction: true }));
    expect(line).toContain(
      ' name=me age=4 flags=OPxbt db=2 sub=0 psub=1 ssub=0 cmd=monitor user=app redir=0 ',
    );
    expect(line).not.toContain('secret');
  });

  it.each([
    [{ channel: 1, pattern: 1, shard: 0 }, 'subscribe'],
    [{ channel: 0, pattern: 1, shard: 1 }, 'psubscribe'],
    [{ channel: 0, pattern: 0, shard: 1 }, 'ssubscribe'],
    [{ channel: 0, pattern: 0, shard: 0 }, 'NULL'],
  ])('names the command that shows in it: %j, %s', (subscribed, command) => {
    expect(lineOf(facts({ subscribed }))).toContain(` cmd=${command} `);
  });

  it('is one for all of its connections to shards', () => {
    const own = facts({ ageMs: 9000 });
    const parts = [facts(subscriber), facts({ ...subscriber, isBlocked: true })];
    expect(lineOf(joinedFacts(own, parts))).toContain(' age=9 flags=Pb db=2 sub=0 psub=2 ');
    expect(joinedFacts(own, [])).toBe(own);
  });
});
