import { expect, it } from 'vitest';
import { classify } from './classify.ts';

it('never turns a lost answer into something that may be sent again', () => {
  expect(classify({ type: 'connectionLost', reason: 'reset' }).type).toBe('unknown');
  expect(classify({ type: 'deadlinePassed' }).type).toBe('unknown');
});

it('takes only the words that prove it for a refusal', () => {
  expect(classify({ type: 'errorReply', code: 'BUSY', text: '' }).type).toBe('refused');
  expect(classify({ type: 'errorReply', code: 'UNKNOWN', text: '' }).type).toBe('appError');
});
