import type { Gateway } from '@failover/core';
import { adapterFields } from './adapter-fields.ts';

/** The flags that a backend brings, for `failover run BACKEND --help`. */
export function flagHelp(backend: string, gateway: Gateway): string {
  const rows = [
    ...adapterFields(gateway.adapter.config.schema).map(
      ({ flags, kind, description }) =>
        [
          `--${flags[0] ?? ''}${{ list: ' <text>…', switch: '', number: ' <number>', text: ' <text>' }[kind]}`,
          description,
        ] as const,
    ),
    ...gateway.roles.map(
      (role) => [`--${role}-listen <address>…`, `An address whose clients get a ${role}.`] as const,
    ),
  ];
  const width = Math.max(...rows.map(([flag]) => flag.length));
  return [
    '',
    `Flags of ${backend} (… can be given more than once):`,
    ...rows.map(([flag, description]) => `  ${flag.padEnd(width)}  ${description}`.trimEnd()),
    '',
  ].join('\n');
}
