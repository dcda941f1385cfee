import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Messenger } from '../client/messenger.ts';
import { startPublisher } from './publisher.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A client whose messages wait until they are answered. */
function answered() {
  const waiting: { readonly confirm: () => void; readonly fail: () => void }[] = [];
  const messenger = {
    publish: () =>
      new Promise<void>((resolve, reject) => {
        waiting.push({ confirm: resolve, fail: () => reject(new Error('nobody is there')) });
      }),
  } as unknown as Messenger;
  return { messenger, waiting };
}

describe('a publisher at full rate', () => {
  it('has so many messages in flight, and another one for each that is confirmed', async () => {
    const { messenger, waiting } = answered();
    const publisher = startPublisher(messenger, { type: 'full', inFlight: 3 });
    expect(waiting).toHaveLength(3);
    waiting[1]?.confirm();
    await vi.advanceTimersByTimeAsync(0);
    expect([waiting.length, publisher.open]).toEqual([4, 3]);
    publisher.stop();
    waiting[0]?.confirm();
    await vi.advanceTimersByTimeAsync(0);
    expect([waiting.length, publisher.open]).toEqual([4, 2]);
    expect(publisher.publications.map(({ outcome }) => outcome)).toEqual([
      'ok',
      'ok',
      'unsettled',
      'unsettled',
    ]);
  });

  it('does not spin where each message fails at once', async () => {
    const { messenger, waiting } = answered();
    startPublisher(messenger, { type: 'full', inFlight: 1 });
    waiting[0]?.fail();
    await vi.advanceTimersByTimeAsync(50);
    expect(waiting).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(50);
    expect(waiting).toHaveLength(2);
  });
});
