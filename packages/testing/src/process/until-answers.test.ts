import { afterEach, describe, expect, it } from 'vitest';
import { ProcessStartError, startProcess, type SupervisedProcess } from './start-process.ts';
import { untilAnswers } from './until-answers.ts';

let child: SupervisedProcess | undefined;

afterEach(() => child?.[Symbol.asyncDispose]());

const shell = async (script: string): Promise<SupervisedProcess> => {
  child = await startProcess({ command: 'sh', args: ['-c', script], name: 'shell' });
  return child;
};
const refused = (): Promise<never> => Promise.reject(new Error('refused'));

describe('a process that starts', () => {
  it('is asked until it answers', async () => {
    let attempts = 0;
    const attempt = (): Promise<unknown> => (++attempts < 3 ? refused() : Promise.resolve());
    await untilAnswers(await shell('exec sleep 100'), attempt, { withinMs: 10_000, everyMs: 1 });
    expect(attempts).toBe(3);
  });

  it('is not waited for once it has ended, and its last words are told', async () => {
    const mortal = await shell('echo no such file; exit 3');
    await mortal.logLine(/no such/);
    const started = untilAnswers(mortal, refused, { withinMs: 60_000, everyMs: 1 });
    await expect(started).rejects.toThrow(/^shell does not start: it ended.*\nno such file$/);
    await expect(started).rejects.toBeInstanceOf(ProcessStartError);
  });

  it('is waited for so long and no longer, and the last refusal is told', async () => {
    const mute = await shell('exec sleep 100');
    const started = untilAnswers(mute, refused, { withinMs: 30, everyMs: 1 });
    await expect(started).rejects.toThrow('shell does not start: no answer within 30 ms (refused)');
  });
});
