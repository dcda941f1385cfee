import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import type { Meter } from '@opentelemetry/api';
import { MeterProvider } from '@opentelemetry/sdk-metrics';

/** OpenTelemetry's instruments, read as Prometheus text when somebody asks; no port of its own. */
export interface Registry extends AsyncDisposable {
  readonly meter: Meter;
  text(): Promise<string>;
}

export function createRegistry(): Registry {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const provider = new MeterProvider({ readers: [exporter] });
  const serializer = new PrometheusSerializer(undefined, false, undefined, true, true);
  return {
    meter: provider.getMeter('failover'),
    async text() {
      const { resourceMetrics } = await exporter.collect();
      return serializer.serialize(resourceMetrics);
    },
    async [Symbol.asyncDispose]() {
      await provider.shutdown();
    },
  };
}
