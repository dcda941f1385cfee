// Run it through Nx (`npm run lint`): a bare `eslint` in a fresh clone has no project graph yet
// and passes with the boundary rule skipped.
import { readdirSync } from 'node:fs';
import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';
import { boundaries } from './tools/lint/boundaries.mjs';
import { noDefaultExport, zones } from './tools/lint/zones.mjs';

const root = import.meta.dirname;
const nodeGlobals = Object.fromEntries(
  ['Buffer', 'URL', 'clearTimeout', 'console', 'performance', 'process', 'setTimeout'].map((name) => [
    name,
    false,
  ]),
);
const configs = ['**/*.config.{ts,mjs}'];

export default tseslint.config(
  {
    ignores: [
      '**/dist',
      '**/.types',
      '**/node_modules',
      '.nx',
      '.cache',
      'docs/site',
      'tools/toy-ring',
      'tools/pack/consumer',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { tsconfigRootDir: root } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
      // It cannot see that a function of an interface uses no `this`; ours are closures.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      'no-restricted-syntax': ['error', noDefaultExport],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  ...readdirSync(`${root}/packages`).map((name) => ({
    files: [`packages/${name}/src/**/*.ts`],
    languageOptions: {
      parserOptions: {
        project: [`packages/${name}/tsconfig.lib.json`, `packages/${name}/tsconfig.test.json`],
      },
    },
  })),
  {
    files: ['tools/**/*.ts', '*.ts', 'packages/*/*.ts'],
    languageOptions: { parserOptions: { project: ['tools/tsconfig.json'] } },
  },
  { files: ['**/*.{mjs,js}'], languageOptions: { globals: nodeGlobals } },
  {
    files: ['packages/*/src/**/*.ts'],
    ignores: ['**/*.test.ts'],
    plugins: { '@nx': nx },
    rules: { '@nx/enforce-module-boundaries': ['error', boundaries({ tests: false })] },
  },
  {
    files: ['packages/*/src/**/*.test.ts'],
    plugins: { '@nx': nx },
    rules: { '@nx/enforce-module-boundaries': ['error', boundaries({ tests: true })] },
  },
  {
    // A state that was added must not fall through a `default`: the compiler's list is the to-do list.
    files: ['packages/core/src/**/*.ts'],
    rules: { '@typescript-eslint/switch-exhaustiveness-check': 'error' },
  },
  {
    // Asymmetric matchers and parsed answers are `any`; a test fails by itself when it takes them for something else.
    files: ['**/*.test.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  ...zones,
  { files: configs, rules: { 'no-restricted-syntax': 'off' } },
  prettier,
);
