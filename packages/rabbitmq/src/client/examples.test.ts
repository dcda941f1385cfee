import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { endpoint } from '@failover/core';
import { connect } from 'amqplib';
import type { SupervisedProcess } from '@failover/testing';
import { startProcess } from '@failover/testing';
import { build } from 'vite';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EmbeddedTestbed } from '../testing/embedded/launch-embedded.ts';
import { launchEmbedded } from '../testing/embedded/launch-embedded.ts';

// amqplib's own promise examples and tutorials, from its tarball, with nothing but the module's name changed. They
// connect to localhost, so the double listens on AMQP's own port; where that is taken they are skipped.

const require = createRequire(import.meta.url);
const examples = join(dirname(require.resolve('amqplib')), 'examples');
const package_ = new URL('../..', import.meta.url).pathname;
let testbed: EmbeddedTestbed | undefined;
let folder = '';

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

const isOwnPort = await isFree(5672);

beforeAll(async () => {
  if (!isOwnPort) return;
  testbed = await launchEmbedded({ endpoints: [endpoint('127.0.0.1:5672')] });
  // Inside of the package, so that its dependencies are found.
  folder = await mkdtemp(join(package_, '.examples-'));
  await bundleInto(join(folder, 'node_modules/@failover/rabbitmq'));
});

/** The package from source in one file, so that none of the many processes has to translate it again. */
async function bundleInto(outDir: string): Promise<void> {
  await build({
    configFile: false,
    logLevel: 'error',
    root: package_,
    resolve: { conditions: ['@failover/source'] },
    ssr: { resolve: { conditions: ['@failover/source'] }, noExternal: [/^@failover\//] },
    build: { ssr: 'src/index.ts', outDir, emptyOutDir: true, minify: false },
  });
  writeFileSync(join(outDir, 'package.json'), '{ "type": "module", "exports": "./index.js" }');
}

/** Some declare the same queue in their own way. */
beforeEach(async () => {
  if (!isOwnPort) return;
  const operator = await connect('amqp://127.0.0.1');
  await (await operator.createChannel()).deleteQueue('hello');
  await operator.close();
});

afterAll(async () => {
  await testbed?.[Symbol.asyncDispose]();
  if (folder !== '') await rm(folder, { recursive: true, force: true });
});

type Form = 'require' | 'import';

/** The example with the module's name changed; and by `import`, with that line in its other form. */
function adapted(name: string, form: Form): string {
  const text = readFileSync(join(examples, name), 'utf8');
  const renamed = text.replace(/require\('(?:amqplib|(?:\.\.\/?)+)'\)/, "require('@failover/rabbitmq')");
  expect(renamed).not.toBe(text);
  return form === 'require'
    ? renamed
    : renamed
        .replace(/^const (\w+) = require\('([^']+)'\);/gm, "import $1 from '$2';")
        .replace(
          /^const (\{[^}]+\}) = require\('([^']+)'\);/gm,
          (_, names: string, from: string) => `import ${names.replaceAll(':', ' as')} from '${from}';`,
        );
}

function run(name: string, form: Form, ...args: readonly string[]): Promise<SupervisedProcess> {
  const file = join(folder, `${name.replaceAll('/', '-')}.${form}${form === 'require' ? '.cjs' : '.mjs'}`);
  writeFileSync(file, adapted(name, form));
  return startProcess({
    command: process.execPath,
    args: [file, ...args],
    name,
    env: { ...process.env },
  });
}

const within = (): { readonly signal: AbortSignal } => ({ signal: AbortSignal.timeout(20_000) });

if (!isOwnPort) {
  describe('examples of amqplib', () => {
    it('run with only the name of the module changed', ({ skip }) => {
      skip('port 5672, where they connect to, is taken; cure: stop what listens there');
    });
  });
}

describe.each<Form>(isOwnPort ? ['require', 'import'] : [])('examples of amqplib, by %s', (form) => {
  it.each([
    ['tutorials/send.js', "Sent 'Hello World!'", []],
    ['tutorials/new_task.js', 'Sent', []],
    ['tutorials/emit_log.js', 'Sent', []],
    ['tutorials/emit_log_direct.js', 'Sent', ['info', 'hello']],
    ['tutorials/emit_log_topic.js', 'Sent', ['a.b', 'hello']],
    ['waitForConfirms.js', 'All messages done', []],
    ['send_generators.js', "Sent 'Hello World!'", []],
  ])('%s does its work and ends', async (name, says, args) => {
    await using example = await run(name, form, ...args);
    await example.logLine(new RegExp(says), within());
    expect(await example.exited).toEqual({ code: 0, signal: null });
  });

  it.each([
    ['tutorials/receive.js', [], 'Waiting', 'tutorials/send.js', [], 'Hello World!'],
    ['tutorials/worker.js', [], 'Waiting', 'tutorials/new_task.js', [], 'Received'],
    ['tutorials/receive_logs.js', [], 'Waiting', 'tutorials/emit_log.js', [], 'Hello World'],
    [
      'tutorials/receive_logs_direct.js',
      ['info'],
      'Waiting',
      'tutorials/emit_log_direct.js',
      ['info', 'to you'],
      'to you',
    ],
    [
      'tutorials/receive_logs_topic.js',
      ['a.*'],
      'Waiting',
      'tutorials/emit_log_topic.js',
      ['a.b', 'to you'],
      'to you',
    ],
    ['tutorials/rpc_server.js', [], 'Awaiting', 'tutorials/rpc_client.js', ['6'], 'fib\\(6\\)'],
  ])('%s goes with its tutorial (%j, %s, %s)', async (name, args, ready, sender, senderArgs, hears) => {
    await using receiver = await run(name, form, ...(args as readonly string[]));
    await receiver.logLine(new RegExp(ready), within());
    await using sent = await run(sender, form, ...(senderArgs as readonly string[]));
    await receiver.logLine(new RegExp(hears), within());
    expect(await sent.exited).toEqual({ code: 0, signal: null });
  });

  it('direct_reply_to_client.js is answered by direct_reply_to_server.js', async () => {
    await using server = await run('direct_reply_to_server.js', form);
    await using client = await run('direct_reply_to_client.js', form);
    await client.logLine(/pong/, within());
    expect(await client.exited).toEqual({ code: 0, signal: null });
    expect(server.exit).toBeUndefined();
  });

  it('headers.js hears what its headers match', async () => {
    await using example = await run('headers.js', form);
    await example.logLine(/^hello/, within());
  });
});
