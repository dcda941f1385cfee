import { describe, expect, it } from 'vitest';
import { findAny } from '../testing/find-server.ts';
import { launchCluster } from '../testing/launch.ts';
import { bothTranscripts } from './test-kit/both-transcripts.ts';

describe('a connection in process, on a real cluster', () => {
  it('does with every member of amqplib what amqplib itself does', async (context) => {
    const found = await findAny();
    if (found.type === 'missing') context.skip(`${found.reason}; cure: ${found.cure}`);
    await using testbed = await launchCluster({ management: false });
    const { ours, theirs } = await bothTranscripts(testbed);
    expect(ours).toEqual(theirs);
  });
});
