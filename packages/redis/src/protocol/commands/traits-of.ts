import { decisions, laterCommands } from './decisions.ts';
import type { Decision } from './decisions.ts';
import { serverCommands } from './server-commands.ts';
import type { ServerCommand } from './server-command.ts';
import type { CommandRoute, CommandTraits } from './traits.ts';
import { containerOf } from './traits.ts';

const decided = new Map<string, Decision>();
for (const { names, ...decision } of decisions) {
  for (const name of names.split(/\s*,\s*/))
    decided.set(name, { ...decided.get(name), names: name, ...decision });
}

/** Of every command and subcommand that is known: what its server says of it, and what we decided. */
export const knownTraits: readonly CommandTraits[] = [...serverCommands, ...laterCommands].map(traitsOf);

function traitsOf(command: ServerCommand): CommandTraits {
  const { name, flags, keys } = command;
  const decision = decided.get(name);
  const route = decision?.route ?? routeByFlags(command);
  const isRead = flags.includes('readonly');
  const isWrite = decision?.isWrite ?? (flags.includes('write') || (isOpaque(command, route) && !isRead));
  return {
    name: name.toUpperCase(),
    route,
    isWrite,
    isIdempotent: decision?.isIdempotent ?? (isRead && !isWrite),
    isBlocking: decision?.isBlocking ?? flags.includes('blocking'),
    keys,
  };
}

function routeByFlags({ name, flags, isContainer }: ServerCommand): CommandRoute {
  if (name.includes(' ')) return decided.get(containerOf(name))?.route ?? 'pinOnce';
  if (isContainer === true || flags.includes('blocking') || flags.includes('admin')) return 'pinOnce';
  if (flags.includes('pubsub')) return 'subscription';
  if (flags.includes('noscript')) return 'pinOnce';
  return flags.includes('readonly') || flags.includes('write') ? 'shared' : 'pinForever';
}

/** A container, or a part of one, of which nobody says what it does. */
function isOpaque({ name, isContainer }: ServerCommand, route: CommandRoute): boolean {
  return route === 'pinOnce' && (isContainer === true || name.includes(' '));
}
