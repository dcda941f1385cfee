import { readFileSync } from 'node:fs';
import type { ConfigIssue } from '../errors.ts';

/** All of a file, for example a certificate. A file that cannot be used becomes an issue. */
export function fileContent(field: string, path: string, issues: ConfigIssue[]): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (cause) {
    const problem = `cannot be read (${cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'})`;
    issues.push({ field, value: path, problem, fix: 'name a file that this user may read' });
    return undefined;
  }
}

/** The first line of a file that holds a secret. A file that cannot be used becomes an issue. */
export function secretFromFile(field: string, path: string, issues: ConfigIssue[]): string {
  const content = fileContent(field, path, issues);
  if (content === undefined) return '';
  const [line = ''] = content.toString().split(/\r?\n/, 1);
  if (line === '') {
    issues.push({ field, value: path, problem: 'is empty', fix: 'put the secret on its first line' });
  }
  return line;
}
