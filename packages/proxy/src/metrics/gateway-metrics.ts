import type { Meter } from '@opentelemetry/api';
import type { RunningCluster } from '../process/running-cluster.ts';

/** The adapter's own counters: their names are its own, and fixed. */
export function meterGateway(meter: Meter, { name, session }: RunningCluster): void {
  meter
    .createObservableGauge('failover_gateway', { description: "The gateway's own numbers." })
    .addCallback((result) => {
      for (const [counter, value] of Object.entries(session.counters)) {
        result.observe(value, { cluster: name, counter });
      }
    });
}
