import type { Pending, PendingWork } from './pending.ts';
import { countOf, replyOf } from './pending.ts';
import { notExecuted } from './refuse.ts';
import { repeated } from './repeated.ts';

/** A line of which some work is given up. */
export interface GivenUp {
  /** In place of that work stands now that it was not executed. */
  readonly line: readonly Pending[];
  readonly works: readonly PendingWork[];
}

/** All that waits for a server. */
export const giveUpAll = (line: readonly Pending[], reason: string): GivenUp =>
  giveUp(line, () => true, reason);

/** What was sent behind a MULTI that no server took was meant as one: none of it may run by itself. */
export function giveUpBehind(multi: PendingWork, line: readonly Pending[], reason: string): GivenUp {
  const from = line.indexOf(multi);
  const end = line.findIndex((each, at) => at > from && endsTransaction(each));
  return giveUp(line, (_, at) => at > from && (end === -1 || at <= end), reason);
}

/** Of a large command that is only half sent no server runs anything. */
export const giveUpHalfSent = (line: readonly Pending[]): GivenUp =>
  giveUp(
    line,
    (work) => work.type === 'large' && work.hasBegun,
    'the connection was lost before all of it was sent',
  );

export const isMulti = (work: Pending): boolean => work.type === 'command' && work.traits.name === 'MULTI';

const endsTransaction = (work: Pending): boolean =>
  work.type === 'command' && (work.traits.name === 'EXEC' || work.traits.name === 'DISCARD');

function giveUp(
  line: readonly Pending[],
  isMeant: (work: PendingWork, at: number) => boolean,
  reason: string,
): GivenUp {
  const works: PendingWork[] = [];
  const left = line.flatMap((each, at): readonly Pending[] => {
    if (each.type === 'reply' || !isMeant(each, at)) return [each];
    works.push(each);
    // Nobody asked for it, so nobody is told.
    if (each.type === 'restore') return [];
    return [replyOf(repeated(notExecuted(reason), countOf(each)))];
  });
  return { line: left, works };
}
