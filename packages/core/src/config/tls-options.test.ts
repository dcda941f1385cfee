import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ConfigIssue } from '../errors.ts';
import { addressMap } from './address-map.ts';
import type { WrittenTls } from './tls-options.ts';
import { readTls } from './tls-options.ts';

const folder = mkdtempSync(join(tmpdir(), 'failover-tls-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function read(written: WrittenTls) {
  const issues: ConfigIssue[] = [];
  return { options: readTls('tls', written, issues), issues };
}

describe('options for TLS', () => {
  it('are none for plain TCP, and the authorities of the machine for true', () => {
    expect(read(false).options).toBeUndefined();
    expect(read(true).options).toEqual({ rejectUnauthorized: true });
  });

  it('take files in the place of what they hold, and what is given itself before a file', () => {
    const file = join(folder, 'ca.pem');
    writeFileSync(file, 'from the file');
    expect(read({ caFile: file, rejectUnauthorized: true }).options?.ca?.toString()).toBe('from the file');
    expect(read({ caFile: file, ca: 'given', rejectUnauthorized: true }).options?.ca).toBe('given');
  });

  it('name the file that cannot be read, and a certificate without its key', () => {
    const { issues } = read({ certFile: join(folder, 'nowhere.pem'), key: 'k', rejectUnauthorized: true });
    expect(issues.map(({ field }) => field)).toEqual(['tls.certFile', 'tls']);
    expect(read({ cert: 'c', rejectUnauthorized: true }).issues[0]?.problem).toMatch(/without its key/);
  });
});

describe('a map of addresses', () => {
  it('reads where each can be reached, and names what is no address', () => {
    const issues: ConfigIssue[] = [];
    const found = addressMap('addresses', { 'rabbit@a': 'localhost', b: 'c:99999' }, 5672, issues);
    expect([...found]).toEqual([['rabbit@a', 'localhost:5672']]);
    expect(issues).toMatchObject([{ field: 'addresses.b', value: 'c:99999' }]);
  });
});
