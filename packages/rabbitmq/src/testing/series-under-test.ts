import type { Series, VersionSearch } from './find-server.ts';
import { findVersion } from './find-server.ts';

/**
 * The release series that slow tests run on: the newest that is there, or what `FAILOVER_RABBITMQ_SERIES` names, `all`
 * for each. At least one, so that what is missing is told.
 */
export async function seriesUnderTest(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<readonly { readonly series: Series; readonly search: VersionSearch }[]> {
  const named = env['FAILOVER_RABBITMQ_SERIES'];
  const all = await Promise.all(
    (['4.0', '3.10'] as const).map(async (series) => ({ series, search: await findVersion(series) })),
  );
  if (named === 'all') return all;
  const chosen =
    all.find(({ series }) => series === named) ?? all.find(({ search }) => search.type === 'found');
  return [chosen ?? all[0]].filter((each) => each !== undefined);
}
