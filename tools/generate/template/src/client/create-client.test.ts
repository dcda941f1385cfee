import { filter, firstValueFrom, timeout } from 'rxjs';
import { expect, it } from 'vitest';
import { launchEmbedded } from '../testing/index.ts';
import { createClient, type SampleClient } from './create-client.ts';

const untilAvailability = (client: SampleClient, address: string, wanted: string): Promise<unknown> =>
  firstValueFrom(
    client.topology$.pipe(
      filter(({ servers }) =>
        [...servers.values()].some((server) => server.endpoint === address && server.availability === wanted),
      ),
      timeout(15_000),
    ),
  );

it('answers while one peer hangs and another is dead, and says so in its topology', async () => {
  await using ring = await launchEmbedded(3);
  const [first, second] = ring.servers;
  if (first === undefined || second === undefined) throw new Error('no ring');
  await using client = createClient({ peers: [first.address] });
  const subscription = client.topology$.subscribe();
  for (const address of ring.addresses) await untilAvailability(client, address, 'up');

  second.setHung(true);
  expect(await Promise.all(['a', 'b', 'c', 'd'].map((text) => client.echo(text)))).toEqual([
    'a',
    'b',
    'c',
    'd',
  ]);
  await untilAvailability(client, second.address, 'down');

  await first[Symbol.asyncDispose]();
  expect(await Promise.all(['e', 'f', 'g', 'h'].map((text) => client.echo(text)))).toEqual([
    'e',
    'f',
    'g',
    'h',
  ]);

  second.setHung(false);
  await untilAvailability(client, second.address, 'up');
  subscription.unsubscribe();
}, 30_000);
