import { table } from '../../report/table.ts';
import type { Balance, Came, Publish } from './load/balance.ts';
import type { HistoryRecord } from './run.ts';
import type { Struck } from './strike.ts';

const HEAD = [
  'contender',
  'confirmed',
  'lost',
  'left',
  'unsettled',
  'nacked',
  'refused',
  'unknown',
  'doubled silently',
  'marked',
  'redelivered',
  'most returns',
  'reordered',
  'with a marked copy',
  'requests',
  'in vain',
  'unanswered',
  'dead consumers',
  'closed',
  'crashes',
  'switches',
  'resent',
];

export function printHistory(records: readonly HistoryRecord[]): string {
  const rows = records.map(({ contender, balance, lost, left, deadConsumers, closings, crashes, told }) => [
    contender,
    ...[balance.confirmed, lost.length, left, balance.unsettled.length].map(String),
    ...[balance.nacked, balance.refused, balance.unknown].map(String),
    ...[balance.silent.length, balance.marked, balance.redelivered, balance.mostReturns].map(String),
    ...[balance.reordered.length, withMarkedCopy(balance)].map(String),
    ...[balance.asked, balance.askedInVain, balance.unanswered].map(String),
    ...[deadConsumers.length, closings.length, crashes.length].map(String),
    ...(told === undefined ? ['-', '-'] : [told.switches, told.resent].map(String)),
  ]);
  return table(HEAD, rows);
}

/** Reordered by a node that hung, not by what stands before it. */
function withMarkedCopy({ reordered }: Balance): number {
  return reordered.filter(({ copies }) => copies.some(({ resent }) => resent)).length;
}

/** Why a history of ours is none that we may have; empty if it is well. */
export function breaches({ balance, lost, deadConsumers, crashes }: HistoryRecord): readonly string[] {
  const counts = {
    lost: lost.length,
    unsettled: balance.unsettled.length,
    unanswered: balance.unanswered,
    'silently doubled': balance.silent.length,
    'dead consumers': deadConsumers.length,
    crashes: crashes.length,
  };
  return Object.entries(counts).flatMap(([what, count]) => (count === 0 ? [] : [`${count} ${what}`]));
}

/** A bench names what is wrong; the rest is in its file. */
const MOST_DETAILS = 8;

/** Each with the fault before it, for whoever looks for the cause. */
export function detailsOf(record: HistoryRecord, struck: readonly Struck[]): readonly string[] {
  const { balance, lost, closings, crashes, deadConsumers } = record;
  const when = (at: number): string => {
    const last = struck.findLast((fault) => fault.at <= at);
    return last === undefined
      ? 'before the first fault'
      : `${Math.round(at - last.at)} ms after ${last.fault} ${last.node}`;
  };
  const sent = ({ publisher, sequence, queue, at, endedAt }: Publish): string =>
    `${publisher}.${sequence} to ${queue}, published ${when(at)}` +
    (endedAt === undefined ? '' : `, confirmed ${Math.round(endedAt - at)} ms later`);
  const got = ({ publisher, sequence, consumer, at, redelivered, resent }: Came): string => {
    const said = [...(redelivered ? ['redelivered'] : []), ...(resent ? ['resent'] : [])].join(', ');
    return `${publisher}.${sequence} at consumer ${consumer} ${when(at)}${said === '' ? '' : ` (${said})`}`;
  };
  const some = <T>(what: string, items: readonly T[], show: (item: T) => string): readonly string[] =>
    items.slice(0, MOST_DETAILS).map((item) => `${what}: ${show(item)}`);
  return [
    ...some('LOST', lost, sent),
    ...some('unsettled', balance.unsettled, sent),
    ...some('silently doubled', balance.silent, (came) => came.map(got).join('; ')),
    ...some('reordered', balance.reordered, ({ came, behind, copies }) =>
      [`${got(came)}, behind ${got(behind)}`, ...copies.map((copy) => `again as ${got(copy)}`)].join('; '),
    ),
    ...some(
      'dead',
      deadConsumers,
      ({ consumer, lastAt }) => `consumer ${consumer}, which got its last ${when(lastAt)}`,
    ),
    ...record.consumersSeen.map((line) => `the brokers know ${line}`),
    ...some('closed', closings, (closing) => closing),
    ...some('crash', crashes, (crash) => crash.split('\n').slice(0, 4).join(' ')),
    ...Object.entries(balance.errors).map(([kind, count]) => `${count} ${kind}`),
  ];
}
