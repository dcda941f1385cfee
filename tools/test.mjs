// `npm test`: everything that must hold before a change is merged, one stage after the other.
// A failed stage does not stop the next one. The last line is `N passed, N failed, N skipped`;
// a stage that is not made of tests counts as one.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = `${root}.cache/test`;
const countsFile = (at) => `${cache}/counts-${at}.json`;
// A stage that hangs must not cost the whole run its verdict. The longest takes six minutes, on a slow machine nine.
const stageLimitMs = 14 * 60_000;

const env = { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' };
const nx = (...targets) => [
  'nx',
  'run-many',
  '--output-style=static',
  '--parallel=2',
  '--targets',
  targets.join(','),
];
const vitest = (...args) => [
  'vitest',
  'run',
  '--reporter=default',
  '--reporter=./tools/test/reporter.mjs',
  ...args,
];

const realServers = (...args) => vitest('--config', 'vitest.real.config.ts', ...args);

// The commands of a stage run side by side.
const stages = [
  { name: 'format', commands: [['prettier', '--check', '.']] },
  { name: 'lint', commands: [nx('lint')] },
  { name: 'references', commands: [['nx', 'sync:check']] },
  { name: 'cycles', commands: [nx('cycles')] },
  { name: 'types', commands: [nx('types')] },
  { name: 'unused', commands: [['knip']] },
  { name: 'unit, property, simulation', commands: [vitest()], counts: true },
  // These wait most of the time: for elections, and for what hangs to be found out.
  {
    name: 'real servers',
    commands: [realServers('--project', 'redis:real'), realServers('--project', '!redis:real')],
    counts: true,
  },
  // What meets a server's own behaviour in a failover; the stage before ran on the flavour that is found first.
  {
    name: 'real servers, the other',
    commands: [realServers('--project', 'redis:real', 'conformance', 'succession', 'failover.real')],
    counts: true,
    needsOther: true,
  },
  { name: 'packed packages', commands: [nx('pack', 'consumer')] },
  { name: 'documentation', commands: [nx('docs')] },
];

const stops = new Set();

/** What streams is seen at once; of the others one sees what `isTold` wants at their end. */
const run = ([tool, ...args], { streams, isTold }, env) =>
  new Promise((resolve) => {
    const stdio = streams ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'];
    // In a group of its own, so that whatever it has started ends with it.
    const child = spawn(`${root}node_modules/.bin/${tool}`, args, { cwd: root, env, stdio, detached: true });
    const output = [];
    const stop = (signal, why) => {
      output.push(Buffer.from(`\n${why}\n`));
      try {
        process.kill(-child.pid, signal);
      } catch {
        // It has ended by itself.
      }
    };
    const timer = setTimeout(() => {
      stop('SIGTERM', `stopped after ${stageLimitMs / 60_000} minutes`);
      setTimeout(() => stop('SIGKILL', 'killed'), 5_000).unref();
    }, stageLimitMs);
    stops.add(stop);
    child.stdout?.on('data', (chunk) => output.push(chunk));
    child.stderr?.on('data', (chunk) => output.push(chunk));
    child.on('error', (error) => output.push(Buffer.from(`${error.message}\n`)));
    child.on('close', (code) => {
      clearTimeout(timer);
      stops.delete(stop);
      if (isTold(code)) process.stdout.write(Buffer.concat(output));
      resolve(code === 0);
    });
  });

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    for (const stop of stops) stop(signal, `stopped by ${signal}`);
    process.exit(130);
  });
}

/** Which servers there are, before anything else: an old one or a double must not pass for the real thing. */
function findServers() {
  const args = ['--import', 'tsx', '--conditions=@failover/source', 'tools/test/servers.ts'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    // Long enough to make a root directory with RabbitMQ.
    timeout: 300_000,
  });
  if (status !== 0) {
    console.log(`servers: could not be looked for\n${stderr}`);
    return { isDouble: true };
  }
  const found = JSON.parse(stdout);
  for (const { flavour, version, how, reason, cure } of [...found.flavours, ...found.brokers]) {
    if (version !== undefined) console.log(`${flavour} ${version}: ${how}`);
    else console.log(`SKIPPED  everything that needs ${flavour}: ${reason}; cure: ${cure}`);
  }
  if (found.isDouble) console.log(`NO REAL SERVER, on the embedded double: ${found.how}`);
  return found;
}

const noVerdict = { file: 'vitest', name: 'ended without a verdict', why: 'its output stands above' };

const readCounts = (ok, at) => {
  try {
    const counts = JSON.parse(readFileSync(countsFile(at), 'utf8'));
    // Vitest may fail for a reason that is no test's; no tests at all is a failure too.
    if (counts.failed.length === 0 && (!ok || counts.passed === 0)) counts.failed.push(noVerdict);
    return counts;
  } catch {
    return { passed: 0, failed: [noVerdict], skipped: [] };
  }
};

mkdirSync(cache, { recursive: true });
const { isDouble, kind, flavours = [] } = findServers();
const other = flavours.find(({ flavour, command }) => flavour !== kind && command !== undefined);
const only = process.argv.slice(2);
const chosen =
  only.length === 0 ? stages : stages.filter(({ name }) => only.some((word) => name.includes(word)));
const total = { passed: 0, failed: 0, skipped: 0 };
const table = [];
// Told at the end as well: where only the end of a long output is kept, a count alone would be a riddle.
const failures = [];

async function runStage({ commands, counts: hasCounts, needsOther }) {
  const serverEnv = needsOther ? { ...env, FAILOVER_SERVER: other.command } : env;
  const results = await Promise.all(
    commands.map(async (command, at) => {
      rmSync(countsFile(at), { force: true });
      // Two that stream would write into each other's lines.
      const streams = hasCounts && at === 0;
      const isTold = (code) => code !== 0 || (hasCounts && at > 0);
      const ok = await run(
        command,
        { streams, isTold },
        { ...serverEnv, FAILOVER_TEST_COUNTS: countsFile(at) },
      );
      if (hasCounts) return readCounts(ok, at);
      const failure = { file: 'command', name: command.join(' '), why: 'its output stands above' };
      return { passed: ok ? 1 : 0, failed: ok ? [] : [failure], skipped: [] };
    }),
  );
  return {
    passed: results.reduce((sum, { passed }) => sum + passed, 0),
    failed: results.flatMap(({ failed }) => failed),
    skipped: results.flatMap(({ skipped }) => skipped),
  };
}

for (const stage of chosen) {
  const { name, counts: hasCounts, needsOther } = stage;
  console.log(
    `\n── ${name}${needsOther && other !== undefined ? `: ${other.flavour} ${other.version}` : ''}`,
  );
  if (needsOther && other === undefined) {
    // Which one is missing, and its cure, stand in the first lines.
    console.log('SKIPPED  there is no second flavour of server here');
    total.skipped += 1;
    continue;
  }
  const startedAt = performance.now();
  const counts = await runStage(stage);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  for (const { file, name: test, reason } of counts.skipped) {
    console.log(
      `SKIPPED  ${file} > ${test}: ${reason ?? 'no reason given: say one with context.skip(reason)'}`,
    );
  }
  total.passed += counts.passed;
  total.failed += counts.failed.length;
  for (const { file, name: test, why } of counts.failed)
    failures.push(`FAILED  ${file} > ${test}\n${why.replace(/^/gm, '        ')}`);
  total.skipped += counts.skipped.length;
  const verdict = counts.failed.length === 0 ? 'ok' : 'FAILED';
  const detail = hasCounts
    ? `${counts.passed} passed, ${counts.failed.length} failed, ${counts.skipped.length} skipped`
    : '';
  table.push(`${verdict.padEnd(7)}${name.padEnd(28)}${seconds.padStart(7)} s  ${detail}`.trimEnd());
  console.log(table.at(-1));
}

// Set by .ci/run: a green run on the double would prove less than it seems to.
if (isDouble && process.env.FAILOVER_REQUIRE_SERVER === '1') {
  total.failed += 1;
  table.push('FAILED a real server: see the first lines; ALLOW_DOUBLE=1 goes on without one');
}

const summary = `${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`;
writeFileSync(`${cache}/summary.txt`, `${summary}\n`);
console.log(
  `\n${[...table, ...failures].join('\n')}\n\n${summary}${isDouble ? ' (no real server: on the embedded double)' : ''}`,
);
process.exitCode = total.failed === 0 ? 0 : 1;
