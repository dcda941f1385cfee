// Rules for folders inside a package, where Nx tags do not reach.
// ESLint replaces the options of a rule when a later block names it again, so each block here carries
// everything that holds for its files: nothing is merged.

import { adapters } from './adapters.mjs';

const restricted = (patterns) => ({ 'no-restricted-imports': ['error', { patterns }] });

const noTestingKit = {
  group: ['@failover/testing', '@failover/testing/**'],
  message: 'Only testing/ and *.test.ts may use the testing kit: it is not installed where the code runs.',
};

const impure = {
  group: ['rxjs', 'rxjs/**', 'node:*'],
  message: 'This folder is pure: what must be done is returned as an effect, the shell does it.',
};

const pureLanguage = {
  'no-restricted-globals': [
    'error',
    ...[
      ['Date', 'Time is an argument (now: Ms).'],
      ['performance', 'Time is an argument (now: Ms).'],
      ['Promise', 'A pure function answers at once.'],
      ['setTimeout', 'Return wakeAt; the shell owns timers.'],
      ['setInterval', 'Return wakeAt; the shell owns timers.'],
      ['setImmediate', 'Return wakeAt; the shell owns timers.'],
      ['queueMicrotask', 'A pure function answers at once.'],
      ['process', 'Nothing of the environment is known here.'],
      ['crypto', 'Randomness is an argument.'],
      ['fetch', 'No I/O here.'],
    ].map(([name, message]) => ({ name, message })),
  ],
  'no-restricted-properties': [
    'error',
    { object: 'Math', property: 'random', message: 'Randomness is an argument.' },
  ],
};

export const noDefaultExport = {
  selector: 'ExportDefaultDeclaration, ExportSpecifier[exported.name="default"]',
  message: 'Export by name: one name for one thing everywhere.',
};

const pureSyntax = {
  'no-restricted-syntax': [
    'error',
    noDefaultExport,
    { selector: ':function[async=true]', message: 'A pure function answers at once.' },
    { selector: 'TSTypeReference > Identifier[name="Promise"]', message: 'A pure function answers at once.' },
  ],
};

const pure = { ...pureLanguage, ...pureSyntax };

/** A file imports only what stands above it in its package's list: nobody reaches down. */
const lowerFolders = (order, folder) => {
  const below = order.slice(order.indexOf(folder) + 1);
  return below.length === 0
    ? []
    : [
        {
          regex: `^\\.\\.?/(\\.\\./)*(${below.join('|')})(/|\\.ts$)`,
          message: `${folder} stands above it in the order of the package (docs/ARCHITECTURE.md).`,
        },
      ];
};

const coreOrder = [
  'model',
  'errors',
  'health',
  'reduce',
  'select',
  'execute',
  'runtime',
  'adapter',
  'discover',
  'config',
  'probe',
  'cluster',
  'telemetry',
];
const corePure = ['model', 'errors', 'health', 'reduce', 'select', 'execute'];
const coreSrc = 'packages/core/src';

const coreZones = coreOrder.map((folder) => {
  const isPure = corePure.includes(folder);
  return {
    files: [`${coreSrc}/${folder}/**/*.ts`, `${coreSrc}/${folder}.ts`],
    ignores: ['**/*.test.ts'],
    rules: {
      ...restricted([noTestingKit, ...(isPure ? [impure] : []), ...lowerFolders(coreOrder, folder)]),
      ...(isPure ? pure : {}),
    },
  };
});

/** The house's plan of an adapter package. */
const adapterZones = ({ dir, drivers }) => {
  const src = `${dir}/src`;
  const files = (...names) => names.map((name) => `${src}/${name}`);
  // What a test-kit folder holds is for tests beside it, and is not published.
  const tests = ['**/*.test.ts', '**/test-kit/**'];
  const noDriver = {
    group: [...drivers.flatMap((driver) => [driver, `${driver}/**`]), '**/client/**'],
    message: 'The process starts without the driver: neither gateway nor monitor knows client or driver.',
  };
  return [
    {
      files: files('**/*.ts'),
      ignores: [...tests, `${src}/testing/**`],
      rules: restricted([noTestingKit]),
    },
    {
      files: files('{discovery,monitor,adapter}.ts', '{discovery,monitor}/**/*.ts', 'gateway/**/*.ts'),
      ignores: tests,
      rules: restricted([noTestingKit, noDriver]),
    },
    {
      files: files('{epoch,replies,classify,rules}.ts', 'rules/**/*.ts', 'session/**/*.ts'),
      ignores: tests,
      rules: { ...restricted([noTestingKit, noDriver, impure]), ...pure },
    },
    {
      files: files('gateway/{route,refuse}.ts'),
      ignores: tests,
      rules: { ...restricted([noTestingKit, noDriver, impure]), ...pure },
    },
    {
      files: files('protocol/**/*.ts'),
      ignores: tests,
      rules: {
        ...restricted([
          impure,
          {
            regex: '^(?!\\./)',
            message: 'protocol/ imports nothing from outside itself: everything reads it.',
          },
        ]),
        ...pure,
      },
    },
  ];
};

export const zones = [...coreZones, ...adapters.flatMap(adapterZones)];
