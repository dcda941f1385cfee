import { describe, expect, it } from 'vitest';
import { startProgram } from './program.ts';

function node(script: string): { readonly lines: unknown[]; finish(): Promise<void> } {
  const lines: unknown[] = [];
  const program = startProgram(process.execPath, ['-e', script], { GREETING: 'hello' }, (line) =>
    lines.push(line),
  );
  return { lines, finish: program.finish };
}

const untilTold = 'process.stdin.resume().on("end", () =>';

describe('a program in another language', () => {
  it('works until it is told to end, and what it prints is told line by line', async () => {
    const { lines, finish } = node(
      `console.log(JSON.stringify(process.env.GREETING)); ${untilTold} process.stdout.write('{"last"'))
       .on("close", () => process.stdout.write(':"line"}'));`,
    );
    await finish();
    expect(lines).toEqual(['hello', { last: 'line' }]);
  });

  it('has failed if it ends with another status than 0', async () => {
    await expect(node(`${untilTold} process.exit(3));`).finish()).rejects.toThrow('ended with 3');
  });

  it('has failed if it prints what is not JSON', async () => {
    const { lines, finish } = node('console.log("oops"); console.log("1");');
    await expect(finish()).rejects.toThrow('in its line oops');
    expect(lines).toEqual([1]);
  });

  it('has failed if it cannot be run', async () => {
    const program = startProgram('/no/such/program', [], {}, () => undefined);
    await expect(program.finish()).rejects.toThrow('ENOENT');
  });
});
