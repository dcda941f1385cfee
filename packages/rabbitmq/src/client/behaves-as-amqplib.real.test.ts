import amqplib from 'amqplib';
import { describe, expect, it } from 'vitest';
import ours from '../index.ts';
import { findAny } from '../testing/find-server.ts';
import { launchCluster } from '../testing/launch.ts';
import { transcript } from './test-kit/transcript.ts';

describe('a connection in process, on a real cluster', () => {
  it('does with every member of amqplib what amqplib itself does', async (context) => {
    const found = await findAny();
    if (found.type === 'missing') context.skip(`${found.reason}; cure: ${found.cure}`);
    await using testbed = await launchCluster({ management: false });
    const [member] = testbed.members;
    if (member === undefined) throw new Error('no node');
    const alarm = (isOn: boolean): Promise<void> => testbed.alarm(member, isOn);
    const urls = testbed.members.map((each) => `amqp://${each}`);
    const theirFace = { ...amqplib, alarm, connect: amqplib.connect.bind(undefined, `amqp://${member}`) };
    const ourFace = { ...ours, alarm, connect: ours.connect.bind(undefined, urls) };
    expect(await transcript(ourFace, 'ours.')).toEqual(await transcript(theirFace, 'bare.'));
  });
});
