import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { createCluster, systemRuntime } from '@failover/core';
import { expect, it } from 'vitest';
import { adapter } from '../adapter.ts';
import { launchEmbedded } from '../testing/index.ts';
import { gateway } from './index.ts';

const runtime = systemRuntime();

it('keeps a client and what it has set up while the servers behind it die one after the other', async () => {
  await using ring = await launchEmbedded(3);
  const config = adapter.config.parse({ peers: ring.addresses });
  await using cluster = createCluster(adapter, config, { runtime });
  const staysOpen = cluster.topology$.subscribe();
  await using session = gateway.open(cluster, config, runtime);
  const drain = new AbortController();
  const listener = createServer((client) => {
    void session.serve(client, { role: 'peer', address: 'test', drain: drain.signal });
  });
  await once(listener.listen(0, '127.0.0.1'), 'listening');
  const client = connect((listener.address() as AddressInfo).port, '127.0.0.1');
  const lines = createInterface({ input: client })[Symbol.asyncIterator]();
  const ask = async (line: string): Promise<unknown> => {
    client.write(`${line}\n`);
    return (await lines.next()).value as unknown;
  };

  expect(await ask('PREFIX >')).toBe('+ok');
  expect(await ask('ECHO one')).toBe('+>one');
  await ring.servers[0]?.[Symbol.asyncDispose]();
  for (const text of ['two', 'three', 'four']) expect(await ask(`ECHO ${text}`)).toBe(`+>${text}`);
  ring.servers[1]?.setHung(true);
  for (const text of ['five', 'six', 'seven']) expect(await ask(`ECHO ${text}`)).toBe(`+>${text}`);
  expect(await ask('PEERS')).toMatch(/^-ERR/);

  drain.abort();
  await once(client, 'close');
  listener.close();
  staysOpen.unsubscribe();
}, 30_000);
