import type { Series, VersionSearch } from './find-server.ts';
import { findVersion, isSeries } from './find-server.ts';

/**
 * The release series that slow tests run on: 4.0, else 3.10, whichever is there; or what `FAILOVER_RABBITMQ_SERIES` names,
 * `all` for both. At least one, so that what is missing is told.
 */
export async function seriesUnderTest(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<readonly { readonly series: Series; readonly search: VersionSearch }[]> {
  const named = env['FAILOVER_RABBITMQ_SERIES'];
  if (named !== undefined && isSeries(named)) return [{ series: named, search: await findVersion(named) }];
  const all = await Promise.all(
    (['4.0', '3.10'] as const).map(async (series) => ({ series, search: await findVersion(series) })),
  );
  if (named === 'all') return all;
  const chosen = all.find(({ search }) => search.type === 'found');
  return [chosen ?? all[0]].filter((each) => each !== undefined);
}
