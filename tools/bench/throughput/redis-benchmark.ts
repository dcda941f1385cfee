import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Scenario } from './scenario.ts';

/** Requests a second of each command. */
export interface Rates {
  readonly SET: number;
  readonly GET: number;
}

const run = promisify(execFile);

/** @throws Error if the tool printed no figure for one of the commands: a cut run must not count as a slow one */
export async function redisBenchmark(port: number, scenario: Scenario, requests: number): Promise<Rates> {
  const args = ['-h', '127.0.0.1', '-p', String(port), '-t', 'set,get', '--csv', '-r', '10000'];
  args.push(
    '-c',
    String(scenario.clients),
    '-P',
    String(scenario.pipeline),
    '-d',
    String(scenario.valueBytes),
  );
  const { stdout } = await run('redis-benchmark', [...args, '-n', String(requests)], { timeout: 120_000 });
  return parseCsv(stdout);
}

/** @example parseCsv('"SET","100.5","0.2"\n"GET","99","0.1"') // { SET: 100.5, GET: 99 } */
export function parseCsv(text: string): Rates {
  const rate = (command: string): number => {
    const found = new RegExp(`^"${command}","([\\d.]+)"`, 'm').exec(text)?.[1];
    if (found === undefined)
      throw new Error(`redis-benchmark gave no figure for ${command}: ${text.slice(0, 200)}`);
    return Number(found);
  };
  return { SET: rate('SET'), GET: rate('GET') };
}
