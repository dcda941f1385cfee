import { fileURLToPath } from 'node:url';
import { createProjectGraphAsync } from '@nx/devkit';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { beforeAll, describe, expect, it } from 'vitest';

// A lint rule that matches no file is silent, and so is one that works. Here each is seen to complain.

const root = fileURLToPath(new URL('../..', import.meta.url));
// The planted files do not exist, so there are no types to ask for.
const eslint = new ESLint({ cwd: root, overrideConfig: tseslint.configs.disableTypeChecked });

async function rulesBrokenBy(file: string, code: string): Promise<readonly (string | null)[]> {
  const [result] = await eslint.lintText(code, { filePath: `${root}/packages/${file}` });
  return [...new Set(result?.messages.map(({ ruleId, message }) => ruleId ?? message))];
}

const imports = (name: string) => `import * as x from '${name}';\nexport const y = x;\n`;

describe('the lint zones', () => {
  // Without the graph the boundary rule skips itself.
  beforeAll(() => createProjectGraphAsync());

  const planted: readonly (readonly [string, string, string, string])[] = [
    ['rxjs in a pure folder', 'core/src/reduce/planted.ts', imports('rxjs'), 'no-restricted-imports'],
    [
      'a Node module in a pure folder',
      'core/src/model/planted.ts',
      imports('node:net'),
      'no-restricted-imports',
    ],
    [
      'the clock in a pure folder',
      'core/src/execute/planted.ts',
      'export const now = Date.now();',
      'no-restricted-globals',
    ],
    [
      'a timer in a pure folder',
      'core/src/health/planted.ts',
      'setTimeout(() => {}, 1);',
      'no-restricted-globals',
    ],
    [
      'chance in a pure folder',
      'core/src/select/planted.ts',
      'export const r = Math.random();',
      'no-restricted-properties',
    ],
    [
      'an async function in a pure folder',
      'core/src/reduce/planted.ts',
      'export async function f() {}',
      'no-restricted-syntax',
    ],
    [
      'a type that is a Promise in a pure folder',
      'core/src/reduce/planted.ts',
      'export type P = Promise<void>;',
      'no-restricted-syntax',
    ],
    [
      'an import from further down in the order',
      'core/src/model/planted.ts',
      imports('../reduce/index.ts'),
      'no-restricted-imports',
    ],
    ['a default export', 'core/src/cluster/planted.ts', 'export default 1;', 'no-restricted-syntax'],
    ['any', 'core/src/cluster/planted.ts', 'export const x: any = 1;', '@typescript-eslint/no-explicit-any'],
    [
      'an adapter in core',
      'core/src/cluster/planted.ts',
      imports('@failover/redis'),
      '@nx/enforce-module-boundaries',
    ],
    ['a driver in core', 'core/src/cluster/planted.ts', imports('ioredis'), '@nx/enforce-module-boundaries'],
    [
      'an adapter in the proxy',
      'proxy/src/planted.ts',
      imports('@failover/redis/gateway'),
      '@nx/enforce-module-boundaries',
    ],
    [
      'the testing kit outside testing/',
      'redis/src/client/planted.ts',
      imports('@failover/testing'),
      'no-restricted-imports',
    ],
    [
      'anything from outside in protocol/',
      'redis/src/protocol/planted.ts',
      imports('../epoch.ts'),
      'no-restricted-imports',
    ],
    [
      'the driver in the gateway',
      'redis/src/gateway/planted.ts',
      imports('ioredis'),
      'no-restricted-imports',
    ],
    [
      'the client in the gateway',
      'redis/src/gateway/planted.ts',
      imports('../client/steer.ts'),
      'no-restricted-imports',
    ],
    [
      'the client in the monitor',
      'redis/src/monitor.ts',
      imports('./client/steer.ts'),
      'no-restricted-imports',
    ],
    ['the clock in rules', 'redis/src/rules.ts', 'export const now = Date.now();', 'no-restricted-globals'],
  ];

  it.each(planted)('refuse %s', async (_what, file, code, rule) => {
    expect(await rulesBrokenBy(file, code)).toContain(rule);
  });

  const allowed: readonly (readonly [string, string, string])[] = [
    ['the testing kit in testing/', 'redis/src/testing/planted.ts', imports('@failover/testing')],
    ['the testing kit in a test', 'redis/src/client/planted.test.ts', imports('@failover/testing')],
    ['the driver in client/', 'redis/src/client/planted.ts', imports('ioredis')],
    ['rxjs in the shell', 'core/src/cluster/planted.ts', imports('rxjs')],
    ['a sibling in protocol/', 'redis/src/protocol/planted.ts', imports('./encode.ts')],
    ['an import from above in the order', 'core/src/reduce/planted.ts', imports('../model/index.ts')],
  ];

  it.each(allowed)('allow %s', async (_what, file, code) => {
    expect(await rulesBrokenBy(file, code)).toEqual([]);
  });
});
