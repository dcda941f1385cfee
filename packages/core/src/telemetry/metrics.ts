import type { Counter, Histogram, Meter } from '@opentelemetry/api';
import type { Cluster } from '../adapter.ts';
import type { FailoverEvent, Outcome, TargetId } from '../model/index.ts';
import { emptyFailoverLog, foldFailovers, settledBetween } from './failovers/index.ts';

const states = ['discovering', 'steady', 'suspect', 'failing-over', 'unavailable'] as const;
const outcomes = [
  'ok',
  'appError',
  'notSent',
  'refused',
  'unknown',
] as const satisfies readonly Outcome['type'][];
const results = ['switched', 'recovered', 'unavailable'] as const;

/** Seconds: a switch takes from a few milliseconds (planned) to half a minute (slow detection). */
const secondsBuckets = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30];

/**
 * What one cluster tells in numbers. Labels are names from the config and words from a closed list, so their
 * number is bounded; each is there with 0 from the start, so that the first rise shows. Watches the cluster until
 * the returned function is called.
 */
export function meterCluster(meter: Meter, cluster: Cluster, name: string): () => void {
  const label = { cluster: name };

  meter
    .createObservableGauge('failover_target_state', {
      description: 'Is the target in this state (1) or not (0).',
    })
    .addCallback((result) => {
      for (const target of cluster.topology.targets.values()) {
        for (const state of states) {
          result.observe(target.state === state ? 1 : 0, { ...label, target: target.id, state });
        }
      }
    });
  meter
    .createObservableGauge('failover_epoch', { description: 'The last part of the highest confirmed epoch.' })
    .addCallback((result) => {
      for (const target of cluster.topology.targets.values()) {
        result.observe(target.epoch?.at(-1) ?? 0, { ...label, target: target.id });
      }
    });
  meter
    .createObservableCounter('failover_ops', { description: 'Operations by what became of them.' })
    .addCallback((result) => {
      for (const [target, stats] of cluster.stats) {
        for (const outcome of outcomes)
          result.observe(stats.outcomes[outcome], { ...label, target, outcome });
      }
    });
  meter
    .createObservableCounter('failover_retries', { description: 'Operations that were sent again.' })
    .addCallback((result) => {
      for (const [target, stats] of cluster.stats) result.observe(stats.resent, { ...label, target });
    });
  meter
    .createObservableGauge('failover_held_ops', { description: 'Operations that wait for a server now.' })
    .addCallback((result) => {
      for (const [target, stats] of cluster.stats) result.observe(stats.hold.waiting, { ...label, target });
    });
  for (const kind of ['held', 'drained', 'evicted', 'cancelled'] as const) {
    meter
      .createObservableCounter(`failover_${kind}`, {
        description: `Operations that were ${kind}, since the start.`,
      })
      .addCallback((result) => {
        for (const [target, stats] of cluster.stats) result.observe(stats.hold[kind], { ...label, target });
      });
  }
  return meterEvents(meter, cluster, name);
}

function meterEvents(meter: Meter, cluster: Cluster, name: string): () => void {
  const label = { cluster: name };
  const switches = meter.createCounter('failover_switches', { description: 'Switches by how they ended.' });
  const seconds = { advice: { explicitBucketBoundaries: secondsBuckets } };
  const switchSeconds = meter.createHistogram('failover_switch_seconds', seconds);
  const holdSeconds = meter.createHistogram('failover_hold_seconds', seconds);
  const plain = {
    staleEvidence: meter.createCounter('failover_stale_evidence'),
    monitorRestarted: meter.createCounter('failover_monitor_restarts'),
    discoveryFailed: meter.createCounter('failover_discovery_failures'),
    ownStall: meter.createCounter('failover_own_stalls'),
  } as const;
  const unknown = meter.createCounter('failover_unknown', {
    description: 'Operations whose outcome is not known.',
  });
  for (const counter of Object.values(plain)) counter.add(0, label);

  const started = new Set<TargetId>();
  let log = emptyFailoverLog;
  const topologies = cluster.topology$.subscribe(({ targets }) => {
    for (const target of targets.keys()) {
      if (started.has(target)) continue;
      started.add(target);
      unknown.add(0, { ...label, target });
      for (const result of results) switches.add(0, { ...label, target, result });
    }
  });
  const events = cluster.events$.subscribe((event) => {
    const before = log;
    log = foldFailovers(log, event);
    for (const failover of settledBetween(before, log)) {
      const { target, result, steps } = failover;
      switches.add(1, { ...label, target, result });
      switchSeconds.record((steps.at(-1)?.afterMs ?? 0) / 1000, { ...label, target });
    }
    countEvent(event, label, plain, unknown, holdSeconds);
  });
  return () => {
    topologies.unsubscribe();
    events.unsubscribe();
  };
}

function countEvent(
  event: FailoverEvent,
  label: { readonly cluster: string },
  plain: Readonly<Partial<Record<FailoverEvent['type'], Counter>>>,
  unknown: Counter,
  holdSeconds: Histogram,
): void {
  plain[event.type]?.add(1, label);
  if (event.type === 'outcomesUnknown') unknown.add(event.count, { ...label, target: event.target });
  if (event.type === 'holdClosed') holdSeconds.record(event.forMs / 1000, { ...label, target: event.target });
}
