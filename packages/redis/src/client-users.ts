import type { ConfigIssue } from '@failover/core';
import { secretFromFile } from '@failover/core';
import { z } from 'zod';

const user = z.strictObject({
  username: z
    .string()
    .regex(/^[!-~]+$/)
    .max(128)
    .default('default')
    .describe('Whom a client names in AUTH or HELLO; one that names nobody is `default`, as in Redis.'),
  password: z.string().min(1).optional(),
  passwordFile: z.string().min(1).optional().describe('A file whose first line is the password.'),
});

/** The gateway's own users, as they are written. */
export const clientUsers = z.array(user).min(1).max(1000).readonly();

/** Whom a client of the gateway may be, and how it proves that. */
export interface ClientUser {
  readonly username: string;
  readonly password: string;
}

/** Reads the files, and tells what does not go together. */
export function readClientUsers(
  field: string,
  written: z.output<typeof clientUsers>,
  issues: ConfigIssue[],
): readonly ClientUser[] {
  const seen = new Set<string>();
  return written.map(({ username, password, passwordFile }, at) => {
    const add = (name: string, problem: string, fix: string, value?: unknown): void => {
      issues.push({ field: `${field}.${at}${name}`, value, problem, fix });
    };
    if (seen.has(username)) add('.username', 'is there twice', 'write each user once', username);
    seen.add(username);
    if (passwordFile === undefined) {
      if (password === undefined) add('', 'has no password', 'add password or passwordFile');
      return { username, password: password ?? '' };
    }
    if (password !== undefined) {
      add('.passwordFile', 'cannot stand beside password', 'remove one of them', passwordFile);
    }
    return { username, password: secretFromFile(`${field}.${at}.passwordFile`, passwordFile, issues) };
  });
}

/** Whatever was written in a wrong place of a user may be its password. */
export function withoutPasswords(field: string, issue: ConfigIssue): ConfigIssue {
  const isOfUsers = issue.field === field || issue.field.startsWith(`${field}.`);
  if (!isOfUsers || issue.value === undefined || /\.(username|passwordFile)$/.test(issue.field)) return issue;
  return { ...issue, value: '(secret)' };
}
