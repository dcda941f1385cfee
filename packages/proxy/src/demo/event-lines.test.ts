import { expect, it } from 'vitest';
import { createEventLines } from './event-lines.ts';

const text = ': hello\n\nevent: a\ndata: {"x":1}\n\n: alive\n\nevent: b\ndata: {}\n\n';
const events = [
  { event: 'a', data: '{"x":1}' },
  { event: 'b', data: '{}' },
];

it('finds the same events however the stream is cut', () => {
  for (let cut = 0; cut <= text.length; cut += 1) {
    const split = createEventLines();
    expect([...split(text.slice(0, cut)), ...split(text.slice(cut))]).toEqual(events);
  }
});

it('holds back an event that is not whole yet', () => {
  const split = createEventLines();
  expect(split('event: a\ndata: {"x":1}\n')).toEqual([]);
  expect(split('\n')).toEqual([events[0]]);
});
