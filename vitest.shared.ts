import { defineProject } from 'vitest/config';

// Sibling packages are used from source, so that no test needs a build before it.
// `resolve.conditions` alone does not reach modules that run in Node: `ssr` is the one that counts.
// Not 'module': that is for bundlers, and some packages (OpenTelemetry's) hide files there that Node cannot load.
const conditions = ['@failover/source', 'node', 'development|production'];
const fromSource = { resolve: { conditions }, ssr: { resolve: { conditions } } };

/** Everything that needs no server: unit, property and simulation. */
export function unitTests(name: string, folder = 'src') {
  return defineProject({
    ...fromSource,
    test: {
      name,
      // Simulations are bound by the processor, and the machine may be busy.
      testTimeout: 60_000,
      hookTimeout: 60_000,
      expect: { poll: { timeout: 15_000, interval: 3 } },
      include: [`${folder}/**/*.test.ts`, `!${folder}/**/*.real.test.ts`],
    },
  });
}

/** Tests on real servers: one file of a project at a time, because they measure time on a shared machine. */
export function realTests(name: string) {
  return defineProject({
    ...fromSource,
    test: {
      name: `${name}:real`,
      include: ['src/**/*.real.test.ts'],
      fileParallelism: false,
      testTimeout: 240_000,
      hookTimeout: 240_000,
      // What a cluster elects after a hang may take half a minute.
      expect: { poll: { timeout: 60_000, interval: 10 } },
    },
  });
}
