import { connect as amqplib } from 'amqplib';
import { describe, expect, it } from 'vitest';
import { launchEmbedded } from '../testing/embedded/launch-embedded.ts';
import { connect } from './connect.ts';
import { transcript } from './test-kit/transcript.ts';

describe('a connection in process', () => {
  it('does with every member of amqplib what amqplib itself does', async () => {
    await using testbed = await launchEmbedded({ nodes: 3 });
    const [member = ''] = testbed.members;
    const bare = await transcript(await amqplib(`amqp://${member}`), 'bare.');
    const ours = await transcript(await connect(testbed.members.map((each) => `amqp://${each}`)), 'ours.');
    expect(ours).toEqual(bare);
  });
});
