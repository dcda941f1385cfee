import { createLogUpdate } from 'log-update';
import pc from 'picocolors';
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

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

export function createStage(out: NodeJS.WriteStream, runtime: Runtime): Stage {
  const update = out.isTTY ? createLogUpdate(out) : undefined;
  let status: () => string = () => '';
  let startedAt: Ms | undefined;
  let frame = 0;
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

  function tick(): void {
    frame += 1;
    if (update !== undefined) draw();
    else if (startedAt !== undefined && status() !== '') out.write(`${clock(runtime.now())}${status()}\n`);
    stop = runtime.after(update === undefined ? plainMs : drawMs, tick);
  }

  return {
    say: print,
    tell(line, kind = 'plain', at = runtime.now()) {
      const paint = { fault: pc.red, good: pc.green, plain: (text: string) => text }[kind];
      const mark = { fault: '✗ ', good: '✓ ', plain: '  ' }[kind];
      print(`${clock(at)}${paint(mark + line)}`);
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
      status = () => '';
      update?.clear();
      update?.done();
    },
  };
}
