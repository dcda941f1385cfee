import { endAll } from './process/child.ts';
import { type Options, parseOptions } from './options.ts';
import { frame, type Result, writeResult } from './report/write.ts';

const BENCHES: Readonly<Record<string, () => Promise<(options: Options) => Promise<Result>>>> = {
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
};

const USAGE = `npm run bench -- NAME [--quick] [--json FILE] [--seed N] [--runs N] [--only A,B] [--faults A,B] [--share none|peers|all] [--cap MS] [--topology sentinel|cluster] [--version 4.0|3.10]
NAME is one of: ${Object.keys(BENCHES).join(', ')}
--cap: who is not back so long after a fault is reported as later. --topology is that of history-redis. --version is that of RabbitMQ`;

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  const bench = BENCHES[options.bench];
  if (bench === undefined) throw new Error(USAGE);
  const start = frame();
  console.log(
    `${options.bench}, seed ${String(options.seed)}, ${JSON.stringify({ ...start.versions, ...start.machine })}`,
  );
  const result = await (await bench())(options);
  if (options.jsonFile !== undefined) writeResult(options.jsonFile, start, result);
}

main()
  .catch((error: unknown) => {
    console.error(error instanceof Error ? (error.stack ?? error.message) : error);
    process.exitCode = 1;
  })
  .finally(() => {
    endAll();
    process.exit();
  });
