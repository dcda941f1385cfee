// A vitest reporter beside the default one: counts, and every skip with its reason, as JSON for tools/test.mjs.
import { writeFileSync } from 'node:fs';

const reasonOf = (test) => {
  const result = test.result();
  return result.state === 'skipped' ? result.note : undefined;
};

/** @type {import('vitest/node').Reporter} */
export default class CountingReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: [] };
    for (const module of modules) {
      // A file that does not even load has no tests to fail.
      if (module.state() === 'failed' && [...module.children.allTests()].length === 0) counts.failed += 1;
      // So has a suite whose set-up fails: its tests are skipped, which must not look like a choice.
      for (const suite of module.children.allSuites()) counts.failed += suite.errors().length > 0 ? 1 : 0;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') counts.passed += 1;
        else if (state === 'failed') counts.failed += 1;
        else
          counts.skipped.push({ name: test.fullName, file: module.relativeModuleId, reason: reasonOf(test) });
      }
    }
    writeFileSync(process.env.FAILOVER_TEST_COUNTS, JSON.stringify(counts));
  }
}
