import { afterEach, expect, it } from 'vitest';
import { restartable, type Restartable } from './restartable.ts';
import { startProcess } from './start-process.ts';

let count = 0;
let member: Restartable;

afterEach(() => member.close());

function sleeper(): Restartable {
  return restartable(
    () =>
      startProcess({ command: 'sh', args: ['-c', `echo born ${++count}; exec sleep 100`], name: 'sleeper' }),
    async (child) => void (await child.logLine(/^born/)),
  );
}

it('runs from its start until it is killed or hung, at once, and again when it goes on', async () => {
  member = sleeper();
  expect(member.isRunning).toBe(false);
  await member.restart();
  expect(member.isRunning).toBe(true);
  member.hang();
  expect(member.isRunning).toBe(false);
  member.resume();
  expect(member.isRunning).toBe(true);
  member.kill();
  expect(member.isRunning).toBe(false);
});

it('ends the one before when it starts again, also a hung one, and keeps what all of them wrote', async () => {
  count = 0;
  member = sleeper();
  await member.restart();
  member.hang();
  await member.restart();
  expect(member.isRunning).toBe(true);
  expect(member.log()).toEqual(['born 1', 'born 2']);
});

it('does not run when it ended by itself, and does not go on', async () => {
  member = restartable(
    () => startProcess({ command: 'sh', args: ['-c', 'exit 3'], name: 'mortal' }),
    async (child) => void (await child.exited),
  );
  await member.restart();
  expect(member.isRunning).toBe(false);
  member.resume();
  expect(member.isRunning).toBe(false);
});
