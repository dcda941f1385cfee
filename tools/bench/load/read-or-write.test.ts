import { expect, it } from 'vitest';
import { readOrWrite } from './read-or-write.ts';

it('writes and reads each key by turns', async () => {
  const asked: string[] = [];
  const driver = {
    get: (key: string) => Promise.resolve(String(asked.push(`get ${key}`))),
    set: (key: string) => Promise.resolve(asked.push(`set ${key}`)),
  };
  const invoke = readOrWrite(driver, ['a', 'b'], 1);
  for (const sequence of [0, 1, 2, 3]) await invoke('v', sequence);
  expect(asked).toEqual(['set b', 'get a', 'get b', 'set a']);
});
