import type { Ms } from '@failover/core';
import type { CommandArgument } from '../../protocol/encode.ts';
import type { Entry, Keyspace } from './keyspace.ts';

/** Commands that rebuild all data. */
export function snapshotOf(databases: readonly Keyspace[], now: Ms): readonly (readonly CommandArgument[])[] {
  const commands: (readonly CommandArgument[])[] = [];
  databases.forEach((keys, db) => {
    const present = keys.keys(now);
    if (present.length > 0) commands.push(['SELECT', db]);
    for (const key of present) {
      const entry = keys.get(key, now);
      if (entry === undefined) continue;
      const name = Buffer.from(key, 'latin1');
      commands.push(commandFor(name, entry));
      if (entry.expiresAt !== undefined) commands.push(['PEXPIREAT', name, String(entry.expiresAt)]);
    }
  });
  return commands;
}

function commandFor(key: Buffer, entry: Entry): readonly CommandArgument[] {
  switch (entry.type) {
    case 'string':
      return ['SET', key, entry.bytes];
    case 'list':
      return ['RPUSH', key, ...entry.items];
    case 'hash':
      return [
        'HSET',
        key,
        ...[...entry.fields].flatMap(([field, value]) => [Buffer.from(field, 'latin1'), value]),
      ];
  }
}
