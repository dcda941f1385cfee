import { deepEqual, equal, fail, ok } from 'node:assert/strict';
import { claimHolder, type ConfigIssue, type Failure, type Outcome, type Traits } from '@failover/core';
import type { Check } from './check.ts';
import { snapshot } from './snapshot.ts';

/** What servers and networks say, and what nobody would expect them to. */
const texts = [
  '',
  ' ',
  'ERR',
  'READONLY',
  'LOADING',
  'a b\r\nc',
  '\u0000',
  '__proto__',
  'x'.repeat(10_000),
  'ünknown',
];

const failures: readonly Failure[] = [
  ...texts.map((reason) => ({ type: 'notWritten', reason }) as const),
  ...texts.map((reason) => ({ type: 'connectionLost', reason }) as const),
  { type: 'deadlinePassed' },
  ...texts.flatMap((code) => texts.map((text) => ({ type: 'errorReply', code, text }) as const)),
];

const allTraits: readonly Traits[] = [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => ({
  isIdempotent: (bits & 1) > 0,
  isWrite: (bits & 2) > 0,
  isPinned: (bits & 4) > 0,
}));

const allowed: Readonly<Record<Failure['type'], readonly Outcome['type'][]>> = {
  notWritten: ['notSent'],
  // Bytes left and no reply came: nothing may turn that into something that is sent again.
  connectionLost: ['unknown'],
  deadlinePassed: ['unknown'],
  errorReply: ['refused', 'appError', 'unknown'],
};

export const purityChecks: readonly Check[] = [
  {
    title: 'gives every failure one outcome, and none that its kind does not prove',
    async run({ subject: { adapter } }) {
      for (const failure of failures) {
        for (const traits of allTraits) {
          const outcome = adapter.classify(failure, traits);
          ok(
            allowed[failure.type].includes(outcome.type),
            `${snapshot(failure)} became ${snapshot(outcome)}`,
          );
          equal(
            snapshot(adapter.classify(failure, traits)),
            snapshot(outcome),
            `two outcomes of ${snapshot(failure)}`,
          );
        }
      }
    },
  },
  {
    title: 'has pure rules: the same reports give the same observations, and nothing is changed in place',
    async run(scene) {
      await using watched = scene.watch();
      const { claim } = await scene.steady(watched.cluster);
      const [first = ''] = scene.testbed.members;
      await scene.during('kill', claimHolder(claim) ?? first, async () => {
        await scene.steady(watched.cluster);
      });
      ok(watched.rules.steps > 0, 'the rules were never asked');
      deepEqual(watched.rules.impurities, []);
    },
  },
  {
    title: 'names field, value and cure of every config that it refuses',
    async run({ subject: { adapter, invalidConfigs } }) {
      ok(invalidConfigs.length > 0, 'no invalid config was given to try');
      for (const input of [...invalidConfigs, undefined, null, 42, 'text', []]) {
        const issues = refuse(() => adapter.config.parse(input), `the config ${snapshot(input)}`);
        ok(issues.length > 0, `no issue of ${snapshot(input)}`);
        for (const issue of issues) {
          for (const part of ['field', 'problem', 'fix'] as const) {
            ok(typeof issue[part] === 'string', `${part} of ${snapshot(issue)}`);
            ok(part === 'field' || issue[part].length > 0, `no ${part} in ${snapshot(issue)}`);
          }
          ok('value' in issue, `no value in ${snapshot(issue)}`);
        }
      }
    },
  },
];

/** By its code, not its class: two copies of core agree. */
function refuse(parse: () => unknown, what: string): readonly ConfigIssue[] {
  try {
    parse();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'config-invalid' && 'issues' in error) {
      return error.issues as readonly ConfigIssue[];
    }
    throw new Error(`${what} was refused without saying field, value and fix`, { cause: error });
  }
  return fail(`${what} was accepted`);
}
