import { describe, expect, it } from 'vitest';
import { commandIndex, commandTraits, traitsAt } from './traits.ts';

const find = (name: string) => traitsAt(commandIndex(Buffer.from(name), 0, name.length));

describe('the table of commands', () => {
  it('finds every command in any case', () => {
    for (const { name } of commandTraits.slice(1)) {
      expect(find(name).name).toBe(name);
      expect(find(name.toLowerCase()).name).toBe(name);
    }
  });

  it('has each command once', () => {
    expect(new Set(commandTraits.map(({ name }) => name)).size).toBe(commandTraits.length);
  });

  it.each(['GE', 'GETS', 'XGET', '', 'A'.repeat(100), 'G\u0005T'])(
    'does not know %j, so it may do anything',
    (name) => {
      expect(find(name)).toMatchObject({ route: 'pinForever', isWrite: true, isIdempotent: false });
    },
  );

  it('shares nothing that blocks, and repeats nothing that writes', () => {
    for (const traits of commandTraits) {
      if (traits.route === 'shared') expect(traits.isBlocking, traits.name).toBe(false);
      if (traits.isWrite) expect(traits.isIdempotent, traits.name).toBe(false);
    }
  });
});
