import { createLogUpdate } from 'log-update';
import { colors as pc } from '../colors.ts';
import type { Ms, Runtime } from '@failover/core';

/** Where the demo is shown: lines that stay, and in a terminal a line below them that changes in place. */
export interface Stage {
  /** A line without a time. */
  say(line: string): void;
  /** A line with the time since `startClock`. */
  tell(line: string, kind?: 'fault' | 'good' | 'plain', at?: Ms): void;
  startClock(): void;
  /** What the changing line says; called again and again. Without a terminal it is told each few seconds. */
  show(status: () => string): void;
  /** Stops the changing line. */
  end(): void;
}

/** ms: fast enough to look alive. */
const drawMs = 100;
/** ms between two status lines where nobody watches. */
const plainMs = 5_000;
/** ms that a line waits for others that happened before it: what another process tells comes late. */
const orderMs = 250;

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

export function createStage(out: NodeJS.WriteStream, runtime: Runtime): Stage {
  const update = out.isTTY ? createLogUpdate(out) : undefined;
  let status: () => string = () => '';
  let startedAt: Ms | undefined;
  let frame = 0;
  let shownAt = -Infinity;
  const waiting: { readonly at: Ms; readonly line: string }[] = [];
  let stop: () => void = () => undefined;

  function print(line: string): void {
    if (update === undefined) out.write(`${line}\n`);
    else update.persist(line);
    draw();
  }

  function clock(at: Ms): string {
    return startedAt === undefined ? '' : pc.dim(`${((at - startedAt) / 1000).toFixed(2).padStart(6)} s  `);
  }

  function draw(): void {
    const text = status();
    if (update === undefined || text === '') return;
    update(`${pc.cyan(spinner[frame % spinner.length] ?? '')} ${text}`);
  }

  function flush(until: Ms): void {
    waiting.sort((left, right) => left.at - right.at);
    const due = waiting.filter(({ at }) => at <= until);
    for (const { line } of waiting.splice(0, due.length)) print(line);
  }

  function tick(): void {
    const now = runtime.now();
    frame += 1;
    flush(now - orderMs);
    if (update !== undefined) draw();
    else if (startedAt !== undefined && now - shownAt >= plainMs && status() !== '') {
      shownAt = now;
      out.write(`${clock(now)}${status()}\n`);
    }
    stop = runtime.after(drawMs, tick);
  }

  return {
    say: print,
    tell(line, kind = 'plain', at = runtime.now()) {
      const paint = { fault: pc.red, good: pc.green, plain: (text: string) => text }[kind];
      const mark = { fault: '✗ ', good: '✓ ', plain: '  ' }[kind];
      waiting.push({ at, line: `${clock(at)}${paint(mark + line)}` });
    },
    startClock() {
      startedAt = runtime.now();
    },
    show(next) {
      status = next;
      stop();
      tick();
    },
    end() {
      stop();
      flush(Infinity);
      status = () => '';
      update?.clear();
      update?.done();
    },
  };
}
