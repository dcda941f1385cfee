import amqplib from 'amqplib';
import ours from '../../index.ts';
import type { RabbitTestbed } from '../../testing/testbed.ts';
import { transcript } from './transcript.ts';

type Transcript = Awaited<ReturnType<typeof transcript>>;

/** What amqplib tells of one node of a cluster, and what we tell of all of them. */
export async function bothTranscripts(
  testbed: Pick<RabbitTestbed, 'members' | 'alarm'>,
): Promise<{ readonly ours: Transcript; readonly theirs: Transcript }> {
  const [member] = testbed.members;
  if (member === undefined) throw new Error('no node');
  const alarm = (isOn: boolean): Promise<void> => testbed.alarm(member, isOn);
  const urls = testbed.members.map((each) => `amqp://${each}`);
  const theirFace = { ...amqplib, alarm, connect: amqplib.connect.bind(undefined, `amqp://${member}`) };
  const ourFace = { ...ours, alarm, connect: ours.connect.bind(undefined, urls) };
  return { ours: await transcript(ourFace, 'ours.'), theirs: await transcript(theirFace, 'bare.') };
}
