// A vitest reporter beside the default one: counts, every failure and every skip with its reason, as JSON for
// tools/test.mjs.
import { writeFileSync } from 'node:fs';

const reasonOf = (test) => {
  const result = test.result();
  return result.state === 'skipped' ? result.note : undefined;
};

// Enough to know what was expected and where; the whole error stands in the output of the stage.
const whyOf = (errors) =>
  errors
    .flatMap(({ message, stack = '' }) => [
      message,
      stack.split('\n').find((line) => line.includes('.test.')),
    ])
    .filter((text) => text !== undefined)
    .join('\n')
    .slice(0, 1500);

/** @type {import('vitest/node').Reporter} */
export default class CountingReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: [], skipped: [] };
    const fail = (file, name, errors) => counts.failed.push({ file, name, why: whyOf(errors) });
    for (const error of unhandledErrors) fail('outside of any test', error.name, [error]);
    for (const module of modules) {
      const file = module.relativeModuleId;
      // A file that does not even load has no tests to fail.
      if (module.state() === 'failed' && [...module.children.allTests()].length === 0)
        fail(file, 'does not load', module.errors());
      // So has a suite whose set-up fails: its tests are skipped, which must not look like a choice.
      for (const suite of module.children.allSuites())
        if (suite.errors().length > 0) fail(file, suite.fullName, suite.errors());
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed') counts.passed += 1;
        else if (result.state === 'failed') fail(file, test.fullName, result.errors);
        else counts.skipped.push({ name: test.fullName, file, reason: reasonOf(test) });
      }
    }
    writeFileSync(process.env.FAILOVER_TEST_COUNTS, JSON.stringify(counts));
  }
}
