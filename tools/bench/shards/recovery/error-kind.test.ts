import { expect, it } from 'vitest';
import { errorKind } from './error-kind.ts';

it('tells an outcome that is told as unknown from an error that says nothing', () => {
  const wire = 'OUTCOMEUNKNOWN server=127.0.0.1:7000 epoch=1.2 sent, and no reply came';
  const inProcess =
    'RPUSH was sent to 127.0.0.1:7000 and no reply came: it may or may not have been executed';
  expect(errorKind({ outcome: 'unknown', error: wire })).toBe('unknown');
  expect(errorKind({ outcome: 'unknown', error: inProcess })).toBe('unknown');
  expect(errorKind({ outcome: 'unknown', error: 'Connection is closed.' })).toBe('other');
  expect(errorKind({ outcome: 'refused', error: 'CLUSTERDOWN The cluster is down' })).toBe('notExecuted');
  expect(errorKind({ outcome: 'ok' })).toBeUndefined();
});
