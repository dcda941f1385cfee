import type { EndpointId } from '@failover/core';
import type { RabbitTestbed } from '@failover/rabbitmq/testing';
import { connectedTo } from '../cluster/whereabouts.ts';
import type { Running } from '../contender/contender.ts';
import type { Loader } from '../load/loader.ts';

export interface Entrant {
  readonly name: string;
  readonly isOurs: boolean;
  readonly running: Running;
  readonly loader: Loader;
}

/** An entrant that is connected, with its queue. */
export interface Placed {
  readonly entrant: Entrant;
  readonly connection: string;
  readonly queue: string;
}

/** By chance one time in three suffices; whoever is not there after so many is left out of this run. */
const TRIES = 8;

/**
 * Connects all, and in the end all to one node, which the fault shall strike: the first of them goes where it likes,
 * and who is elsewhere connects again.
 */
export async function connectAll(
  testbed: RabbitTestbed,
  run: number,
  entrants: readonly Entrant[],
): Promise<{ readonly victim: EndpointId; readonly placed: readonly Placed[] }> {
  const [leading] = entrants;
  if (leading === undefined) throw new Error('a run without contenders');
  const all = entrants.map((entrant) => ({
    entrant,
    connection: `load.${run}.${entrant.name}`,
    queue: `load.${run}.${entrant.name}`,
  }));
  await Promise.all(
    all.map(({ entrant, connection, queue }) => entrant.loader.connect({ name: connection, queue })),
  );
  let victim: EndpointId | undefined;
  for (let tried = 1; ; tried += 1) {
    const where = await connectedTo(testbed);
    victim ??= where.get(`load.${run}.${leading.name}`);
    if (victim === undefined) throw new Error(`no node knows the connection of ${leading.name}`);
    const server = victim;
    const astray = all.filter(({ connection }) => where.get(connection) !== server);
    if (astray.length === 0 || tried === TRIES) {
      for (const { entrant } of astray) {
        console.log(`     ${entrant.name} does not get to ${server} and is left out of this run`);
        await entrant.loader.disconnect();
      }
      return { victim: server, placed: all.filter((each) => !astray.includes(each)) };
    }
    await Promise.all(
      astray.map(async ({ entrant, connection, queue }) => {
        await entrant.loader.disconnect();
        await entrant.loader.connect({ name: connection, queue, server });
      }),
    );
  }
}
