import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: ['packages/*/vitest.config.ts', 'tools/*/vitest.config.ts'],
    passWithNoTests: true,
    // By default one processor is left idle: half of those that a small machine has.
    maxWorkers: '100%',
  },
});
