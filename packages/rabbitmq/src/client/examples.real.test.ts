import { portOf } from '@failover/core';
import { isFree, startFaultProxy } from '@failover/testing';
import { build } from 'vite';
import { describe, expect, it } from 'vitest';
import { findVersion } from '../testing/find-server.ts';
import { launchCluster } from '../testing/launch.ts';
import type { Form } from './test-kit/examples.ts';
import { prepareExamples } from './test-kit/examples.ts';

describe("amqplib's examples of streams, with only the name of the module changed", () => {
  it('receive what they sent, by require and by import', async ({ skip }) => {
    const found = await findVersion('4.0');
    if (found.type === 'missing') return skip(`${found.reason}; cure: ${found.cure}`);
    if (!(await isFree(5672))) return skip('port 5672, where they connect to, is taken');
    await using testbed = await launchCluster({ server: found.server, nodes: 1, management: false });
    const [node] = testbed.members;
    if (node === undefined) throw new Error('no node');
    await using _door = await startFaultProxy({ port: 5672, target: { port: portOf(node) } });
    await using examples = await prepareExamples(build);
    const within = (): { readonly signal: AbortSignal } => ({ signal: AbortSignal.timeout(60_000) });
    for (const form of ['require', 'import'] satisfies readonly Form[]) {
      await using sender = await examples.run('stream_queues/send_stream.js', form);
      const sent = /'(Hello World! \d+)'/.exec(await sender.logLine(/Sent/, within()))?.[1];
      expect(await sender.exited).toEqual({ code: 0, signal: null });
      await using receiver = await examples.run('stream_queues/receive_stream.js', form);
      await receiver.logLine(new RegExp(`Received '${sent ?? 'nothing'}'`), within());
    }
  });
});
