import amqplib from 'amqplib';
import { describe, expect, it } from 'vitest';
import ours from '../index.ts';
import { launchEmbedded } from '../testing/embedded/launch-embedded.ts';
import { transcript } from './test-kit/transcript.ts';

describe('a connection in process', () => {
  it('does with every member of amqplib what amqplib itself does', async () => {
    await using testbed = await launchEmbedded({ nodes: 3 });
    const [member] = testbed.members;
    if (member === undefined) throw new Error('no node');
    const alarm = (isOn: boolean): Promise<void> => testbed.alarm(member, isOn);
    const urls = testbed.members.map((each) => `amqp://${each}`);
    const theirFace = { ...amqplib, alarm, connect: amqplib.connect.bind(undefined, `amqp://${member}`) };
    const ourFace = { ...ours, alarm, connect: ours.connect.bind(undefined, urls) };
    expect(await transcript(ourFace, 'ours.')).toEqual(await transcript(theirFace, 'bare.'));
  });
});
