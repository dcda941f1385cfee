import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConfigIssue } from '@failover/core';
import { ConfigError } from '@failover/core';
import { describe, expect, it } from 'vitest';
import { createClient, createClusterClient } from './client/create-client.ts';
import { redisConfig } from './config.ts';

const parse = (clients: unknown) => redisConfig.parse({ servers: ['10.0.0.1'], clients });

function issuesOf(run: () => unknown): readonly ConfigIssue[] {
  try {
    run();
  } catch (cause) {
    if (cause instanceof ConfigError) return cause.issues;
    throw cause;
  }
  return [];
}

describe('the gateway’s own users', () => {
  it('are nobody unless they are written', () => {
    expect(redisConfig.parse({ servers: ['10.0.0.1'] })).not.toHaveProperty('clients');
  });

  it('have a name, default as in Redis, and a password, also from the first line of a file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'failover-clients-'));
    const file = join(folder, 'app');
    writeFileSync(file, 'from the file\nmore\n');
    expect(parse([{ username: 'app', passwordFile: file }, { password: 'written' }]).clients).toEqual([
      { username: 'app', password: 'from the file' },
      { username: 'default', password: 'written' },
    ]);
    rmSync(folder, { recursive: true });
  });

  it.each<[string, unknown, string]>([
    ['none at all', [], 'clients'],
    ['more than can be meant', Array.from({ length: 1001 }, () => ({ password: 'hunter2' })), 'clients'],
    ['one without a password', [{ username: 'app' }], 'clients.0'],
    ['an empty password', [{ password: '' }], 'clients.0.password'],
    ['two passwords', [{ password: 'hunter2', passwordFile: '/x' }], 'clients.0.passwordFile'],
    ['a file that is not there', [{ passwordFile: '/not/there' }], 'clients.0.passwordFile'],
    ['one user twice', [{ password: 'hunter2' }, { password: 'hunter3' }], 'clients.1.username'],
    ['a name with spaces', [{ username: 'my app', password: 'hunter2' }], 'clients.0.username'],
    ['a password of another type', [{ password: { hunter2: 'hunter2' } }], 'clients.0.password'],
    ['a field that is misspelt', [{ pasword: 'hunter2' }], 'clients.0.pasword'],
    ['a password without its field', ['hunter2'], 'clients.0'],
    ['no list', 'app:hunter2', 'clients'],
    ['one user without a list', { username: 'app', password: 'hunter2' }, 'clients'],
  ])('refuse %s, and repeat no password', (_title, clients, field) => {
    const issues = issuesOf(() => parse(clients));
    expect(issues.map((issue) => issue.field)).toContain(field);
    expect(JSON.stringify([issues, String(new ConfigError(issues))])).not.toContain('hunter');
  });

  it.each([
    ['createClient', () => createClient({ servers: ['10.0.0.1'], clients: [{ password: 'hunter2' }] })],
    [
      'createClusterClient',
      () => createClusterClient({ cluster: ['10.0.0.1'], clients: [{ password: 'hunter2' }] }),
    ],
  ])('have no meaning to %s, which says so', (_title, create) => {
    const issues = issuesOf(create);
    expect(issues).toMatchObject([{ field: 'clients', value: '(secret)' }]);
    expect(issues[0]?.problem).toMatch(/no meaning in process/);
  });

  it('are in the schema for editors', () => {
    expect(redisConfig.schema).toMatchObject({
      properties: { clients: { type: 'array', minItems: 1, maxItems: 1000 } },
    });
  });
});
