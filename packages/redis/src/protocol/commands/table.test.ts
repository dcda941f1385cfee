import { describe, expect, it } from 'vitest';
import { decisions } from './decisions.ts';
import { createCommandTable } from './table.ts';
import { knownTraits } from './traits-of.ts';

const table = createCommandTable();
const find = (text: string, among = table) => {
  const [name = '', second = ''] = text.split(' ');
  return among.traitsOf(among.indexOf(Buffer.from(name), 0, name.length), () => second);
};
const named = (route: string): readonly string[] =>
  knownTraits.filter((traits) => traits.route === route).map(({ name }) => name);

describe('the table of commands', () => {
  it('finds every command in any case, and every subcommand', () => {
    for (const { name } of knownTraits) {
      expect(find(name).name).toBe(name);
      expect(find(name.toLowerCase()).name).toBe(name);
    }
  });

  it('has each command once', () => {
    expect(new Set(knownTraits.map(({ name }) => name)).size).toBe(knownTraits.length);
  });

  it('decides nothing about a command that no server has', () => {
    const decided = decisions.flatMap(({ names }) => names.split(/\s*,\s*/));
    expect(decided.filter((name) => find(name).name !== name.toUpperCase())).toEqual([]);
  });

  it.each(['GE', 'GETS', 'XGET', '', 'A'.repeat(100), 'G\u0005T', 'json.set'])(
    'does not know %j, so it may do anything',
    (name) => {
      expect(find(name)).toMatchObject({ route: 'pinForever', isWrite: true, isIdempotent: false });
    },
  );

  it('shares nothing that blocks, and repeats nothing that writes', () => {
    for (const traits of knownTraits) {
      if (traits.route === 'shared') expect(traits.isBlocking, traits.name).toBe(false);
      if (traits.isWrite) expect(traits.isIdempotent, traits.name).toBe(false);
    }
  });

  it('knows of each command that is not about data which way it goes', () => {
    expect(named('session').filter((name) => !name.includes(' '))).toEqual([
      ...['AUTH', 'CLIENT', 'HELLO', 'QUIT', 'RESET', 'SELECT', 'SENTINEL'],
    ]);
    expect(named('transaction')).toEqual(['DISCARD', 'EXEC', 'MULTI', 'UNWATCH', 'WATCH']);
    expect(named('subscription')).toHaveLength(6);
    expect(named('monitor')).toEqual(['MONITOR']);
    expect(named('tracking')).toEqual(['CLIENT CACHING', 'CLIENT TRACKING']);
    expect(named('pinForever')).toEqual(['WAIT', 'WAITAOF']);
    expect(named('refused').filter((name) => !name.includes(' '))).toEqual([
      ...['DEBUG', 'FAILOVER', 'MODULE', 'PFDEBUG', 'PFSELFTEST', 'PSYNC', 'REPLCONF', 'REPLICAOF'],
      ...['SHUTDOWN', 'SLAVEOF', 'SYNC'],
    ]);
  });

  it('tells a subcommand that reads from one that writes, and supposes the worst of one it does not know', () => {
    expect(find('config get')).toMatchObject({ isWrite: false, isIdempotent: true });
    expect(find('CONFIG SET')).toMatchObject({ isWrite: true, isIdempotent: false });
    expect(find('object encoding')).toMatchObject({ isWrite: false, isIdempotent: true });
    expect(find('xgroup create')).toMatchObject({ isWrite: true, isIdempotent: false });
    expect(find('script load')).toMatchObject({ isWrite: false, isIdempotent: true });
    expect(find('config whatever')).toMatchObject({ name: 'CONFIG', route: 'pinOnce', isWrite: true });
  });

  it('shares an unknown command that its user names, as a write that is never repeated', () => {
    const own = createCommandTable(['json.set']);
    expect(find('JSON.SET', own)).toMatchObject({ route: 'shared', isWrite: true, isIdempotent: false });
    expect(find('json.get', own)).toMatchObject({ route: 'pinForever' });
  });

  it('holds as many names as a user may write', () => {
    const names = Array.from({ length: 1000 }, (_, at) => `MODULE.${at}`);
    const own = createCommandTable(names);
    for (const name of [...names, 'GET']) expect(find(name, own).route, name).toBe('shared');
    expect(find('MODULE.1000', own)).toMatchObject({ route: 'pinForever' });
  });
});
