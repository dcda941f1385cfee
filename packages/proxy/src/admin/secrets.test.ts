import { connect } from 'node:net';
import { systemRuntime } from '@failover/core';
import { expect, it } from 'vitest';
import { resolveConfig } from '../config/resolve-config.ts';
import { yamlSource } from '../config/yaml-source.ts';
import { showAddress } from '../listen-address.ts';
import { startProxy } from '../process/start-proxy.ts';

const secrets = /hunter\d|letme/;

const yaml = (clients: string): string => `version: 1
clusters:
  cache:
    backend: redis
    servers: ['127.0.0.1:1']
    password: hunter1
    clients: ${clients}
listeners:
  - { listen: 127.0.0.1:0, cluster: cache }
admin: { listen: 127.0.0.1:0 }
start: { timeout: 1ms }
`;

it('shows no password of servers or of clients on any page, and logs none', async () => {
  const text = yaml('[{ username: app, password: hunter2 }, { password: letmein }]');
  const config = await resolveConfig(yamlSource(text, 'failover.yaml'), {});
  const logged: unknown[] = [];
  const runtime = systemRuntime({ log: (...line) => void logged.push(line) });
  await using proxy = await startProxy(config, { runtime });

  const address = proxy.listeners[0]?.listener.address;
  if (address?.type !== 'tcp') throw new Error('there is no port for clients');
  const heard = await new Promise<string>((resolve, reject) => {
    const socket = connect(address.port, address.host);
    let heardYet = '';
    socket.write('AUTH app hunter3\r\nPING\r\nAUTH app hunter2\r\nAUTH letmein\r\nCLIENT INFO\r\nQUIT\r\n');
    socket.on('data', (chunk: Buffer) => (heardYet += chunk.toString()));
    socket.once('error', reject);
    socket.once('close', () => {
      resolve(heardYet);
    });
  });
  expect(heard).toMatch(/^-WRONGPASS .*\r\n-NOAUTH .*\r\n\+OK\r\n\+OK\r\n\$\d+\r\nid=.*user=default/);
  expect(heard).not.toMatch(secrets);

  const { admin } = proxy;
  if (admin === undefined) throw new Error('there is no admin page');
  const origin = `http://${showAddress(admin)}`;
  const { pages } = (await (await fetch(origin)).json()) as { readonly pages: readonly string[] };
  for (const page of pages.filter((each) => each !== '/events')) {
    expect(await (await fetch(origin + page)).text(), page).not.toMatch(secrets);
  }
  expect(JSON.stringify(logged)).not.toMatch(secrets);
});

it.each(['hunter2', '[hunter2]', '[{ pasword: hunter2 }]', '[{ username: app, password: [hunter2] }]'])(
  'repeats no password of a client that is written as %s',
  async (clients) => {
    const resolving = resolveConfig(yamlSource(yaml(clients), 'failover.yaml'), {});
    await expect(resolving).rejects.toThrow(/clusters\.cache\.clients/);
    await expect(resolving).rejects.not.toThrow(secrets);
  },
);
