import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { endpoint } from '@failover/core';
import { isFree, localhostCertificate, localhostKey } from '@failover/testing';
import { connect } from 'amqplib';
import { build } from 'vite';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EmbeddedTestbed } from '../testing/embedded/launch-embedded.ts';
import { launchEmbedded } from '../testing/embedded/launch-embedded.ts';
import type { Examples, Form } from './test-kit/examples.ts';
import { prepareExamples } from './test-kit/examples.ts';

// amqplib's own promise examples and tutorials. They connect to localhost, so the double listens on AMQP's own port;
// where that is taken they are skipped. Those of streams run in examples.real.test.ts.

let testbed: EmbeddedTestbed | undefined;
let examples: Examples | undefined;

const isOwnPort = await isFree(5672);

beforeAll(async () => {
  if (!isOwnPort) return;
  testbed = await launchEmbedded({ endpoints: [endpoint('127.0.0.1:5672')] });
  examples = await prepareExamples(build);
});

/** Some declare the same queue in their own way. */
beforeEach(async () => {
  if (!isOwnPort) return;
  const operator = await connect('amqp://127.0.0.1');
  await (await operator.createChannel()).deleteQueue('hello');
  await operator.close();
});

afterAll(async () => {
  await testbed?.[Symbol.asyncDispose]();
  await examples?.[Symbol.asyncDispose]();
});

function ready(): Examples {
  if (examples === undefined) throw new Error('they are not prepared');
  return examples;
}

const run: Examples['run'] = (...args) => ready().run(...args);
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

  it('receive_generator.js receives what it sent, and ends with a newline', async () => {
    const { folder, runAt } = ready();
    const input = join(folder, `input-${form}`);
    await using example = await runAt(folder, input, 'receive_generator.js', form);
    await example.logLine(/consuming message "Hello World!" in generator/, within());
    await writeFile(input, '\n');
    expect(await example.exited).toEqual({ code: 0, signal: null });
  });

  it('ssl.js sends with the certificates that it reads, and ends when it is interrupted', async () => {
    const { folder, runAt } = ready();
    const etc = join(folder, `ssl-${form}`, 'etc');
    await Promise.all(
      ['client', 'testca', '../cwd'].map((name) => mkdir(join(etc, name), { recursive: true })),
    );
    await writeFile(join(etc, 'client/cert.pem'), localhostCertificate);
    await writeFile(join(etc, 'client/key.pem'), localhostKey);
    await writeFile(join(etc, 'testca/cacert.pem'), localhostCertificate);
    const operator = await connect('amqp://127.0.0.1');
    const channel = await operator.createChannel();
    await channel.assertQueue('foo');
    // Its URL is amqp: it hands certificates over, and speaks no TLS. `tls.test.ts` does.
    const cwd = join(etc, '../cwd');
    await using example = await runAt(cwd, join(cwd, 'input'), 'ssl.js', form);
    await example.logLine(/To exit press/, within());
    await expect.poll(async () => (await channel.get('foo', { noAck: true })) !== false).toBe(true);
    process.kill(example.pid, 'SIGINT');
    expect(await example.exited).toEqual({ code: 0, signal: null });
    await operator.close();
  });

  it('headers.js hears what its headers match', async () => {
    await using example = await run('headers.js', form);
    await example.logLine(/^hello/, within());
  });
});
