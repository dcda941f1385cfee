import { beforeEach, describe, expect, it } from 'vitest';
import type { Turn } from './turn.ts';
import { turnOf, turnOfOne } from './turn.ts';
import { Turns } from './turns.ts';

const bytes = (text: string): Buffer => Buffer.from(text);

let written: string[];
let isOverfull: boolean;
let turns: Turns;

beforeEach(() => {
  written = [];
  isOverfull = false;
  turns = new Turns({
    client: { write: (chunk) => written.push(Buffer.from(chunk).toString()) > 0 },
    context: { limits: { maxLineBytes: 10 } },
    isClosed: false,
    overfull() {
      isOverfull = true;
    },
  });
});

function asked(turn: Turn = turnOfOne()): Turn {
  turns.push(turn);
  return turn;
}

describe('the answers that a client waits for', () => {
  it('are written in the order of its commands, with our own among them', () => {
    const [first, second] = [asked(), asked()];
    turns.answer(bytes('c'));
    turns.settle(second, 0, bytes('b'));
    turns.emit();
    expect(written).toEqual([]);
    turns.settle(first, 0, bytes('a'));
    turns.emit();
    expect(written).toEqual(['abc']);
    expect(turns).toMatchObject({ size: 0, heldBytes: 0 });
  });

  it('are held up to a bound', () => {
    const [first, second, third] = [asked(), asked(), asked()];
    turns.settle(second, 0, bytes('x'.repeat(10)));
    expect(isOverfull).toBe(false);
    turns.settle(first, 0, bytes('a'));
    // What may go makes room first.
    turns.settle(third, 0, bytes('y'));
    expect(isOverfull).toBe(false);
    asked();
    turns.settle(asked(), 0, bytes('z'.repeat(11)));
    expect(isOverfull).toBe(true);
  });

  it('have behind them what their server pushed behind them', () => {
    const [first, second] = [asked(), asked()];
    turns.settle(second, 0, bytes('b'));
    turns.show(bytes('!'), second);
    turns.show(bytes('?'), undefined);
    turns.settle(first, 0, bytes('a'));
    turns.emit();
    turns.show(bytes('.'), second);
    expect(written).toEqual(['?', 'ab!', '.']);
  });

  it('go on in parts if it is their turn, they come from one shard, and nobody looks at them', () => {
    const [first, second] = [asked(), asked()];
    const joined = asked(turnOf({ join: 'sum', parts: [[], []] }));
    const shown = asked(turnOfOne((reply) => reply));
    expect([undefined, first, second].map((turn) => turns.mayPass(turn))).toEqual([false, true, false]);
    turns.settle(first, 0, bytes('a'));
    turns.settle(second, 0, bytes('b'));
    expect(turns.mayPass(joined)).toBe(false);
    turns.settle(joined, 0, bytes(':1\r\n'));
    turns.settle(joined, 1, bytes(':1\r\n'));
    expect(turns.mayPass(shown)).toBe(false);
  });

  it('that go in parts are not interrupted', () => {
    const [first, second] = [asked(), asked()];
    turns.pass(bytes('a1'), false);
    turns.show(bytes('!'), undefined);
    turns.settle(second, 0, bytes('b'));
    turns.emit();
    expect(written).toEqual(['a1']);
    turns.pass(bytes('a2'), true);
    turns.emit();
    expect(written).toEqual(['a1', 'a2', '!', 'b']);
    expect(first.isEmitted).toBe(true);
  });
});
