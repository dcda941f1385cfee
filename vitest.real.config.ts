import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: ['packages/*/vitest.real.config.ts', 'tools/*/vitest.real.config.ts'],
    passWithNoTests: true,
    maxWorkers: 1,
  },
});
