import type { CommandResult } from '../process/run-bounded.ts';
import { runBounded } from '../process/run-bounded.ts';

/** The machine's own Python, if it has pip. */
export async function findPip(): Promise<
  { readonly type: 'found'; readonly command: string } | { readonly type: 'failed'; readonly reason: string }
> {
  const reasons: string[] = [];
  for (const command of ['python3', 'python']) {
    const answer = await runBounded(command, ['-m', 'pip', '--version'], 60_000);
    if (answer.type === 'ran') return { type: 'found', command };
    reasons.push(answer.reason);
  }
  return { type: 'failed', reason: `no Python with pip (${reasons.join('; ')})` };
}

/** Fetches one wheel, without what it depends on and without building anything. */
export function downloadWheel(
  python: string,
  requirement: string,
  folder: string,
  timeoutMs: number,
): Promise<CommandResult> {
  // prettier-ignore
  const args = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:', '-d', folder, requirement];
  return runBounded(python, args, timeoutMs);
}
