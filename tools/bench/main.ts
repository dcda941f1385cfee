import { endAll } from './process/child.ts';
import { type Options, parseOptions, usage, UsageError } from './options.ts';
import { frame, type Result, writeResult } from './report/write.ts';

const BENCHES = {
  'recovery-redis': async () => (await import('./recovery/bench.ts')).recoveryBench,
  'recovery-redis-cluster': async () => (await import('./shards/recovery/bench.ts')).recoveryBench,
  'throughput-redis': async () => (await import('./throughput/bench.ts')).throughputBench,
  'overhead-redis': async () => (await import('./overhead/bench.ts')).overheadBench,
  'history-redis': async () => (await import('./history/bench.ts')).historyBench,
  'observation-core': async () => (await import('./observation/bench.ts')).observationBench,
  'herd-redis': async () => (await import('./herd/bench.ts')).herdBench,
  'clients-redis': async () => (await import('./clients/bench.ts')).clientsBench,
  'compatibility-redis': async () => (await import('./compatibility/bench.ts')).compatibilityBench,
  'recovery-rabbitmq': async () => (await import('./rabbitmq/recovery/bench.ts')).recoveryBench,
  'throughput-rabbitmq': async () => (await import('./rabbitmq/throughput/bench.ts')).throughputBench,
  'history-rabbitmq': async () => (await import('./rabbitmq/history/bench.ts')).historyBench,
} satisfies Readonly<Record<string, () => Promise<(options: Options) => Promise<Result>>>>;

const NAMES = Object.keys(BENCHES) as (keyof typeof BENCHES)[];

async function main(): Promise<void> {
  const asked = parseOptions(process.argv.slice(2), NAMES);
  if (asked.type === 'help') {
    console.log(usage(NAMES));
    return;
  }
  const { options } = asked;
  const start = frame();
  console.log(
    `${options.bench}, seed ${String(options.seed)}, ${JSON.stringify({ ...start.versions, ...start.machine })}`,
  );
  const result = await (await BENCHES[options.bench]())(options);
  if (options.jsonFile !== undefined) writeResult(options.jsonFile, start, result);
}

main()
  .catch((error: unknown) => {
    if (error instanceof UsageError) {
      console.error(error.message);
      process.exitCode = 2;
      return;
    }
    console.error(error instanceof Error ? (error.stack ?? error.message) : error);
    process.exitCode = 1;
  })
  .finally(() => {
    endAll();
    process.exit();
  });
