import { launch } from '../cluster/cluster.ts';
import type { Options } from '../options.ts';
import { startFailover } from '../process/failover.ts';
import { table } from '../report/table.ts';
import type { Result } from '../report/write.ts';
import { differences } from './differences.ts';
import { prepareSuite } from './suite.ts';

interface Difference {
  readonly test: string;
  readonly because: string | undefined;
}

/**
 * An unmodified client's own tests, against a server and through the local process: what passes directly must pass
 * through it, apart from a short list with reasons. Exits 1 if there is another one.
 */
export async function compatibilityBench(options: Options): Promise<Result> {
  const suite = await prepareSuite();
  await using cluster = await launch(1);
  const [server] = cluster.serverPorts;
  if (server === undefined) throw new Error('a cluster without servers');
  await using gateway = await startFailover(cluster);
  const direct = await suite.run(server);
  const through = await suite.run(gateway.port);
  const passed = [...direct].filter(([, isPassed]) => isPassed).map(([test]) => test);
  const found: readonly Difference[] = passed
    .filter((test) => through.get(test) !== true)
    .map((test) => ({ test, because: differences.find((known) => known.test.test(test))?.because }));
  const unexplained = found.filter(({ because }) => because === undefined);
  console.log(
    table(
      ['test', 'why'],
      found.map(({ test, because }) => [test, because ?? 'NOT KNOWN']),
    ),
  );
  console.log(
    `\n${suite.version}: ${direct.size} ran, ${passed.length} pass directly, ${passed.length - found.length} of these through failover; ${unexplained.length} for no known reason`,
  );
  if (unexplained.length > 0) process.exitCode = 1;
  return {
    bench: 'compatibility-redis',
    seed: options.seed,
    quick: options.isQuick,
    settings: { suite: suite.version },
    summaries: { ran: direct.size, direct: passed.length, through: passed.length - found.length, found },
    runs: [],
  };
}
