import { describe, expect, it } from 'vitest';
import { launchEmbedded } from '../testing/embedded/launch-embedded.ts';
import { bothTranscripts } from './test-kit/both-transcripts.ts';

describe('a connection in process', () => {
  it('does with every member of amqplib what amqplib itself does', async () => {
    await using testbed = await launchEmbedded({ nodes: 3 });
    const { ours, theirs } = await bothTranscripts(testbed);
    expect(ours).toEqual(theirs);
  });
});
