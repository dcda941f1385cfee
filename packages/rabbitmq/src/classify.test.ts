import { describe, expect, it } from 'vitest';
import { classify } from './classify.ts';

const traits = { isIdempotent: false, isWrite: true, isPinned: false };
const close = (code: number, text: string) =>
  classify({ type: 'errorReply', code: String(code), text }, traits).type;

describe('what a close proves', () => {
  it.each([
    [320, 'CONNECTION_FORCED - Node was put into maintenance mode', 'refused'],
    [541, 'INTERNAL_ERROR', 'refused'],
    [
      404,
      "NOT_FOUND - home node 'rabbit@a' of durable queue 'q' in vhost '/' is down or inaccessible",
      'refused',
    ],
    [404, "NOT_FOUND - queue 'q' in vhost '/' process is stopped by supervisor", 'refused'],
    [404, "NOT_FOUND - no queue 'q' in vhost '/'", 'appError'],
    [404, "NOT_FOUND - no queue 'is down' in vhost '/'", 'appError'],
    [406, "PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'q'", 'appError'],
    [
      406,
      'PRECONDITION_FAILED - delivery acknowledgement on channel 1 timed out. Timeout value used: 1000 ms',
      'appError',
    ],
    [403, "ACCESS_REFUSED - access to queue 'q' refused", 'appError'],
  ])('%i %s is %s', (code, text, outcome) => {
    expect(close(code, text)).toBe(outcome);
  });

  it('what never left was not executed, what left may have been', () => {
    expect(classify({ type: 'notWritten', reason: '' }, traits).type).toBe('notSent');
    expect(classify({ type: 'connectionLost', reason: '' }, traits).type).toBe('unknown');
    expect(classify({ type: 'deadlinePassed' }, traits).type).toBe('unknown');
  });
});
