import { systemRuntime } from '@failover/core';
import { describe, expect, it } from 'vitest';
import { findFlavour, launchCluster } from '../testing/index.ts';
import { askOnce } from '../testing/resp-client.ts';
import { commandIndex, traitsAt } from './traits.ts';
import type { RespValue } from './value.ts';
import { itemsOf, textOf } from './value.ts';

interface ServerCommand {
  readonly name: string;
  readonly flags: ReadonlySet<string>;
}

function commandsIn(reply: RespValue): readonly ServerCommand[] {
  return (itemsOf(reply) ?? []).map((item) => {
    const [name, , flags] = itemsOf(item) ?? [];
    return {
      name: textOf(name) ?? '',
      flags: new Set((itemsOf(flags) ?? []).map((flag) => textOf(flag) ?? '')),
    };
  });
}

const traitsOf = (name: string) => traitsAt(commandIndex(Buffer.from(name), 0, name.length));

/** They publish: seen by others and sharing nothing with subscriptions but the flag. */
const publishes = new Set(['publish', 'spublish']);

describe.each(['redis', 'valkey'] as const)('the table of commands beside what %s says of them', (kind) => {
  it('takes none that writes for a read, none that blocks for one that does not, and shares none with state', async (context) => {
    const search = await findFlavour(kind);
    if (search.type === 'missing') {
      context.skip(`${search.reason}; cure: ${search.cure}`);
      return;
    }
    await using bed = await launchCluster({ server: search.server, servers: 1, sentinels: 1 });
    const [server] = bed.servers;
    if (server === undefined) throw new Error('no server');
    const commands = commandsIn(await askOnce(systemRuntime(), server, ['COMMAND'], 5_000));
    expect(commands.length).toBeGreaterThan(200);

    const wrong = commands.flatMap(({ name, flags }) => {
      const traits = traitsOf(name);
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
});
