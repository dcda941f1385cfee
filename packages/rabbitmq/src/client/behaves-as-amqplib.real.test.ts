import { connect as amqplib } from 'amqplib';
import { describe, expect, it } from 'vitest';
import { findAny } from '../testing/find-server.ts';
import { launchCluster } from '../testing/launch.ts';
import { connect } from './connect.ts';
import { transcript } from './test-kit/transcript.ts';

describe('a connection in process, on a real cluster', () => {
  it('does with every member of amqplib what amqplib itself does', async (context) => {
    const found = await findAny();
    if (found.type === 'missing') context.skip(`${found.reason}; cure: ${found.cure}`);
    await using testbed = await launchCluster({ management: false });
    const [member = ''] = testbed.members;
    const bare = await transcript(await amqplib(`amqp://${member}`), 'bare.');
    const ours = await transcript(await connect(testbed.members.map((each) => `amqp://${each}`)), 'ours.');
    expect(ours).toEqual(bare);
  });
});
