import { readFileSync } from 'node:fs';
import type { ConfigIssue } from '../errors.ts';

/** The first line of a file that holds a secret. A file that cannot be used becomes an issue. */
export function secretFromFile(field: string, path: string, issues: ConfigIssue[]): string {
  try {
    const [line = ''] = readFileSync(path, 'utf8').split(/\r?\n/, 1);
    if (line !== '') return line;
    issues.push({ field, value: path, problem: 'is empty', fix: 'put the secret on its first line' });
  } catch (cause) {
    const problem = `cannot be read (${cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'})`;
    issues.push({ field, value: path, problem, fix: 'name a file that this user may read' });
  }
  return '';
}
