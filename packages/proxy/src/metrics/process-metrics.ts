import type { Meter } from '@opentelemetry/api';
import { showAddress } from '../listen-address.ts';
import { readinessOf, type ProxyView } from '../process/proxy-view.ts';

/** What this process tells in numbers, whatever its clusters are. */
export function meterProcess(meter: Meter, view: ProxyView, version: string): void {
  meter
    .createObservableGauge('failover_ready', { description: 'Can clients be served (1) or not (0).' })
    .addCallback((result) => {
      result.observe(readinessOf(view).isReady ? 1 : 0);
    });
  meter.createObservableGauge('failover_build_info').addCallback((result) => {
    result.observe(1, { version, node: process.version });
  });
  const labelled = (): readonly (readonly [ProxyView['listeners'][number], Record<string, string>])[] =>
    view.listeners.map((each) => [
      each,
      { cluster: each.cluster, role: each.role, listener: showAddress(each.listener.address) },
    ]);
  meter
    .createObservableGauge('failover_connections', { description: 'Clients that are connected.' })
    .addCallback((result) => {
      for (const [{ listener }, label] of labelled()) result.observe(listener.counts.open, label);
    });
  meter.createObservableCounter('failover_connections_accepted').addCallback((result) => {
    for (const [{ listener }, label] of labelled()) result.observe(listener.counts.accepted, label);
  });
  meter
    .createObservableCounter('failover_connections_refused', { description: 'Clients beyond maxClients.' })
    .addCallback((result) => {
      for (const [{ listener }, label] of labelled()) result.observe(listener.counts.refused, label);
    });
}
