import {
  allSeries,
  findAny,
  findVersion,
  isSeries,
  type RealRabbit,
  type VersionSearch,
} from '../find-server.ts';

export type ChosenServers =
  | { readonly kind: 'real'; readonly server: RealRabbit }
  /** With why it is the double. */
  | { readonly kind: 'embedded'; readonly how: string };

/**
 * Real servers if there are any, else the double. `FAILOVER_RABBITMQ` asks for `embedded`, or for a release series such
 * as `4.0`.
 */
export async function chooseServers(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<ChosenServers> {
  const asked = env['FAILOVER_RABBITMQ'] ?? '';
  if (asked === '') return chosen(await findAny({ env }));
  if (asked === 'embedded') return { kind: 'embedded', how: 'asked for by FAILOVER_RABBITMQ' };
  if (isSeries(asked)) return chosen(await findVersion(asked, { env }));
  const choice = ['embedded', ...allSeries].join(', ');
  throw new RangeError(`FAILOVER_RABBITMQ is "${asked}": write one of ${choice}`);
}

function chosen(search: VersionSearch): ChosenServers {
  if (search.type === 'found') return { kind: 'real', server: search.server };
  return { kind: 'embedded', how: `${search.reason}; to change that, ${search.cure}` };
}
