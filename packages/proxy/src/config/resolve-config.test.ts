import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigFileError, showProblem } from './problem.ts';
import { resolveConfig } from './resolve-config.ts';
import { yamlSource } from './yaml-source.ts';

/** An adapter that is there only to be configured. */
const adapterText = `
const ConfigError = class extends Error {
  code = 'config-invalid';
  constructor(issues) { super('config'); this.issues = issues; }
};
export const gateway = {
  roles: ['peer', 'reader'],
  adapter: {
    contract: 1,
    backend: 'fake',
    config: {
      schema: { type: 'object' },
      parse(input) {
        if (input.password === undefined || input.password === 'right') return input;
        throw new ConfigError([
          { field: 'password', value: input.password, problem: 'is too short', fix: 'Write a longer one.' },
          { field: 'seeds.1', value: input.seeds?.[1], problem: 'is no address', fix: 'Write host:port.' },
        ]);
      },
    },
    rules: { init() {}, step() {} },
    discover() {}, watch() {}, classify() {},
  },
  checkListener: ({ role }) =>
    role === 'reader' ? [{ field: 'role', value: role, problem: 'needs a replica', fix: 'Add one.' }] : [],
  open() {},
};
`;

let folder = '';
let file = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'failover-config-test-'));
  file = join(folder, 'failover.yaml');
  await writeFile(join(folder, 'fake.mjs'), adapterText);
});
afterAll(() => rm(folder, { recursive: true }));

const good = `version: 1
clusters:
  one:
    backend: ./fake.mjs
    seeds: ['a:1', 'b:2']
listeners:
  - listen: 127.0.0.1:0
    cluster: one
`;

async function problemsOf(text: string, env: Record<string, string> = {}): Promise<readonly string[]> {
  try {
    await resolveConfig(yamlSource(text, file), env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigFileError)) throw error;
    return error.problems.map((problem) => showProblem({ ...problem, file: 'f' }));
  }
}

describe('a config file', () => {
  it('is resolved with its adapters, defaults and roles', async () => {
    const config = await resolveConfig(yamlSource(`${good}stateDir: state\n`, file), {});
    expect(config.clusters.map(({ name, config: own }) => [name, own])).toEqual([
      ['one', { seeds: ['a:1', 'b:2'] }],
    ]);
    expect(config.listeners).toEqual([
      {
        listen: { type: 'tcp', host: '127.0.0.1', port: 0 },
        cluster: 'one',
        role: 'peer',
        maxClients: 10_000,
      },
    ]);
    expect(config).toMatchObject({ stateDir: join(folder, 'state'), drainMs: 60_000, admin: undefined });
  });

  it('is refused with line, field, value and fix of each problem at once', async () => {
    const text = `version: 2
clusters:
  one: { backend: ./fake.mjs }
listeners:
  - lisen: 127.0.0.1:0
    cluster: two
  - listen: nowhere
    cluster: one
    maxClients: 0
drain:
  timeout: 60
`;
    expect(await problemsOf(text)).toEqual([
      'f:1: version: is not one of the words allowed here (got 2)\n    Write version: 1, the only one so far.',
      'f:5: listeners.0.listen: is missing\n    Write host:port, a port alone for 127.0.0.1, or the path of a unix socket.',
      'f:5: listeners.0.lisen: is not known (got "127.0.0.1:0")\n    Did you mean "listen"?',
      'f:7: listeners.1.listen: is no address (got "nowhere")\n    Write host:port, a port alone for 127.0.0.1, or the path of a unix socket.',
      'f:9: listeners.1.maxClients: is too small (got 0)\n    Write a whole number from 1 to 1000000.',
      'f:11: drain.timeout: has no unit (got 60)\n    Write a duration with its unit, for example 60s.',
    ]);
  });

  it('may not open a port to other machines, or an admin port at all, without being told so', async () => {
    const open = good.replace('127.0.0.1:0', '0.0.0.0:0');
    expect(await problemsOf(open)).toEqual([
      expect.stringMatching(
        /^f:7: listeners.0.listen: is reachable from other machines.*"0.0.0.0:0".*allowRemote: true/s,
      ),
    ]);
    expect(await problemsOf(`${open}    allowRemote: true\n`)).toEqual([]);
    expect(await problemsOf(`${good}admin: { listen: '10.0.0.1:1' }\n`)).toEqual([
      expect.stringMatching(/^f:9: admin.listen: is reachable from other machines/),
    ]);
  });

  it('names a cluster that is not there, and an address that is used twice', async () => {
    const text = good.replace('127.0.0.1:0', '127.0.0.1:7').concat('  - { listen: 7, cluster: onne }\n');
    expect(await problemsOf(text)).toEqual([
      'f:9: listeners.1.cluster: names no cluster of this file (got "onne")\n    Did you mean "one"?',
      'f:9: listeners.1.listen: is used twice, first by listeners.0 (got 7)\n    Give each listener an address of its own.',
    ]);
  });

  it('points at the line of what an adapter complains of, and never shows a secret', async () => {
    const text = good.replace(
      "    seeds: ['a:1', 'b:2']",
      '    password: hunter2\n    seeds:\n      - a:1\n      - b',
    );
    const problems = await problemsOf(text);
    expect(problems).toEqual([
      'f:5: clusters.one.password: is too short (got "***")\n    Write a longer one.',
      'f:8: clusters.one.seeds.1: is no address (got "b")\n    Write host:port.',
    ]);
  });

  it('takes values from the environment, and shows the reference instead of the value', async () => {
    const text = good.replace('    seeds:', '    password: ${env:SECRET}\n    seeds:');
    expect(await problemsOf(text, { SECRET: 'right' })).toEqual([]);
    const wrong = await problemsOf(text, { SECRET: 'hunter2' });
    expect(wrong.join()).toContain('got "${env:SECRET}"');
    expect(wrong.join()).not.toContain('hunter2');
    expect(await problemsOf(text)).toEqual([
      'f:5: clusters.one.password: the environment has no variable SECRET (got "${env:SECRET}")\n    Set SECRET before the start, or write the value here.',
    ]);
  });

  it('asks the gateway about each listener', async () => {
    expect(await problemsOf(`${good}    role: writer\n`)).toEqual([
      'f:9: listeners.0.role: is no role of fake (got "writer")\n    Write one of: peer, reader.',
    ]);
    expect(await problemsOf(`${good}    role: reader\n`)).toEqual([
      'f:9: listeners.0.role: needs a replica (got "reader")\n    Add one.',
    ]);
  });

  it('says where an adapter was looked for and how to install it', async () => {
    const [problem] = await problemsOf(good.replace('./fake.mjs', 'nosuch'));
    expect(problem).toMatch(/^f:4: clusters.one.backend: no adapter "nosuch"/);
    expect(problem).toContain('failover-adapter-nosuch/gateway from');
    expect(problem).toContain('npm install @failover/nosuch');
  });

  it('that is no YAML is refused with the line', () => {
    expect(() => yamlSource('version: 1\nclusters: [', 'f')).toThrow(/^f:2: this is not YAML/);
    expect(() => yamlSource('version: 1\nversion: 1\n', 'f')).toThrow(
      /^f:2: this is not YAML: Map keys must be unique/,
    );
  });

  it('that is empty is told what belongs there', async () => {
    expect((await problemsOf('')).join()).toContain('A config file starts with "version: 1"');
  });
});
