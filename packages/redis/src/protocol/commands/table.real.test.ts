import type { EndpointId } from '@failover/core';
import { systemRuntime } from '@failover/core';
import type { TestContext } from 'vitest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { itemsOf, textOf } from '../value.ts';
import type { RespValue } from '../value.ts';
import type { FlavourSearch, RedisTestbed } from '../../testing/index.ts';
import { findFlavour, launchCluster } from '../../testing/index.ts';
import { askOnce, connectResp } from '../../testing/resp-client.ts';
import { keysOf } from './keys-of.ts';
import { sampleCommands } from './test-kit/sample-commands.ts';
import { createCommandTable } from './table.ts';
import { knownTraits } from './traits-of.ts';

interface Told {
  readonly name: string;
  readonly flags: ReadonlySet<string>;
}

function told(reply: RespValue): readonly Told[] {
  return (itemsOf(reply) ?? []).flatMap((item) => {
    const parts = itemsOf(item) ?? [];
    const own = {
      name: (textOf(parts[0]) ?? '').toUpperCase().replace('|', ' '),
      flags: new Set((itemsOf(parts[2]) ?? []).map((flag) => textOf(flag) ?? '')),
    };
    return [own, ...(parts[9] === undefined ? [] : told(parts[9]))];
  });
}

const known = new Map(knownTraits.map((traits) => [traits.name, traits]));

/** They publish: seen by others and sharing nothing with subscriptions but the flag. */
const publishes = new Set(['PUBLISH', 'SPUBLISH']);

describe.each(['redis', 'valkey'] as const)('the table of commands beside what %s says of them', (kind) => {
  let search: FlavourSearch;
  let bed: RedisTestbed | undefined;

  beforeAll(async () => {
    search = await findFlavour(kind);
    if (search.type === 'found')
      bed = await launchCluster({ server: search.server, servers: 1, sentinels: 1 });
  });

  afterAll(async () => {
    await bed?.[Symbol.asyncDispose]();
  });

  function serverOf(context: TestContext): EndpointId {
    if (search.type === 'missing') context.skip(`${search.reason}; cure: ${search.cure}`);
    const [server] = bed?.servers ?? [];
    if (server === undefined) throw new Error('no server');
    return server;
  }

  it('takes none that writes for a read, none that blocks for one that does not, and shares none with state', async (context) => {
    const server = serverOf(context);
    const commands = told(await askOnce(systemRuntime(), server, ['COMMAND'], 5_000));
    expect(commands.length).toBeGreaterThan(300);

    const wrong = commands.flatMap(({ name, flags }) => {
      const traits = known.get(name);
      // A newer server has commands that we do not know: they are pinned for ever.
      if (traits === undefined) return [];
      const isShared = traits.route === 'shared';
      const why = [
        flags.has('write') && !traits.isWrite && traits.route !== 'refused' ? 'writes' : '',
        flags.has('blocking') && !traits.isBlocking ? 'blocks' : '',
        isShared && (flags.has('noscript') || flags.has('admin'))
          ? 'is about the server or its connection'
          : '',
        isShared && flags.has('pubsub') && !publishes.has(name) ? 'subscribes' : '',
      ].filter((each) => each !== '');
      return why.map((each) => `${name} ${each}`);
    });
    expect(wrong).toEqual([]);
  });

  it('finds the keys of a command where the server itself finds them', async (context) => {
    const server = serverOf(context);
    const client = connectResp(systemRuntime(), server);
    const table = createCommandTable();
    const wrong = await Promise.all(
      sampleCommands.map(async (text) => {
        const words = text.split(' ');
        const reply = await client.send(['COMMAND', 'GETKEYS', ...words], 5_000);
        const there = (itemsOf(reply) ?? []).map((key) => textOf(key) ?? '');
        const args = words.map((word) => Buffer.from(word));
        const traits = table.traitsOf(
          table.indexOf(Buffer.from(words[0] ?? ''), 0, words[0]?.length ?? 0),
          () => words[1] ?? '',
        );
        const here = keysOf(traits, args).map((key) => key.toString());
        // Which one is the first matters: its shard gets the command, and has the words for all others.
        return [...here].sort().join() === [...there].sort().join() && here[0] === there[0]
          ? []
          : [`${text}: ${here.join(' ')} instead of ${there.join(' ')}`];
      }),
    );
    client.close();
    expect(wrong.flat()).toEqual([]);
  });
});
