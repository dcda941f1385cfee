import { describe, expect, it } from 'vitest';
import { adapterFields } from './adapter-fields.ts';
import { parseFlags } from './parse-flags.ts';

const fields = adapterFields({
  $defs: { address: { anyOf: [{ type: 'string' }, { type: 'object' }] } },
  properties: {
    peers: { type: 'array', items: { $ref: '#/$defs/address' }, description: 'some peers' },
    addresses: { type: 'array' },
    downAfterMs: { type: 'integer' },
    first: { $ref: '#/$defs/address' },
    mode: { enum: ['a', 'b'] },
    nested: { type: 'object' },
    users: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' } } } },
  },
  oneOf: [{ properties: { strict: { type: 'boolean' } } }],
});
const read = (...words: readonly string[]) => parseFlags(words, fields, ['primary', 'replica']);

describe('flags', () => {
  it('come from the schema of an adapter, lists with their singular first', () => {
    expect(fields.map(({ kind, flags }) => [flags, kind])).toEqual([
      [['peer', 'peers'], 'list'],
      [['address', 'addresses'], 'list'],
      [['down-after-ms'], 'number'],
      [['first'], 'text'],
      [['mode'], 'text'],
      [['strict'], 'switch'],
    ]);
  });

  it('become a config', () => {
    expect(
      read('--peer', 'a:1', '--peers=b:2,c:3', '--down-after-ms', '500', '--strict', '--mode', 'a'),
    ).toEqual({
      config: { peers: ['a:1', 'b:2', 'c:3'], downAfterMs: 500, strict: true, mode: 'a' },
      listen: [],
      complaints: [],
    });
    expect(read('--no-strict').config).toEqual({ strict: false });
  });

  it('open a port for each role', () => {
    expect(read('--replica-listen', '6380').listen).toEqual([{ role: 'replica', address: '6380' }]);
  });

  it('that nobody knows are all told, with what was likely meant', () => {
    expect(read('--pear', 'a:1', 'stray', '--down-after-ms', '--nested', 'x').complaints).toEqual([
      '--pear is not known; did you mean --peer?',
      '"stray" is no flag',
      '--down-after-ms needs a value',
      '--nested is not known',
    ]);
  });

  it('have none for a list of objects, and do not repeat what was given', () => {
    expect(read('--user=ann:secret', '--users', 'ann:secret').complaints).toEqual([
      '--user is not known',
      '--users is not known',
    ]);
  });

  it('leave a wrong value for the adapter to refuse', () => {
    expect(read('--down-after-ms', 'soon').config).toEqual({ downAfterMs: 'soon' });
  });
});
