import type { CommandTraits } from '../protocol/commands/index.ts';
import { containerOf } from '../protocol/commands/index.ts';
import { redirects } from '../session/tracking.ts';
import type { ListenerRole } from './handshake.ts';
import { readOnlyListener, refusedByUs } from './refuse.ts';

/** Flagged as writes because some of their uses are; a replica itself refuses those. */
const readsOrWrites: ReadonlySet<string> = new Set([
  'EVAL',
  'EVALSHA',
  'FCALL',
  'SORT',
  'EXEC',
  'CONFIG',
  'ACL',
  'LATENCY',
  'SLOWLOG',
  'CLUSTER',
  'SCRIPT',
  'FUNCTION',
]);

/** Pure: the answer to a command that no server gets to see, or `undefined` for one that goes on. */
export function refusalOf(
  traits: CommandTraits,
  role: ListenerRole,
  args: () => readonly Buffer[],
): Buffer | undefined {
  if (traits.route === 'refused') {
    return refusedByUs(traits.name, 'it would harm every other client of the server');
  }
  if (traits.route === 'tracking' && redirects(args())) {
    return refusedByUs(
      'CLIENT TRACKING with REDIRECT',
      'the number names another connection here than there; use RESP3',
    );
  }
  if (role === 'primary' || !traits.isWrite || readsOrWrites.has(containerOf(traits.name))) return undefined;
  if (traits.name !== '') return readOnlyListener;
  return refusedByUs(
    'An unknown command',
    'on a listener for replicas only commands that are known to read are sent',
  );
}
