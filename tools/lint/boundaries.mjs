// Which package may import which, and what from outside.
import { adapters } from './adapters.mjs';

const ours = ['rxjs', 'rxjs/**'];
const proxyDependencies = [
  'zod',
  '@hono/node-server',
  '@opentelemetry/**',
  'commander',
  'hono',
  'hono/**',
  'log-update',
  'picocolors',
  'pino',
  'yaml',
];

// Vitest with its bundler, and fast-check, are everybody's in tests; a test may also use the testing kit and play the
// other side.
const inTests = ['vitest', 'vite', 'fast-check', 'rxjs', 'rxjs/**'];

/** Settings of @nx/enforce-module-boundaries. `tests` is the wider table for `*.test.ts`. */
export const boundaries = ({ tests }) => ({
  enforceBuildableLibDependency: false,
  allowCircularSelfDependency: true,
  depConstraints: [
    {
      sourceTag: 'type:core',
      onlyDependOnLibsWithTags: ['type:core'],
      allowedExternalImports: [...ours, '@opentelemetry/api', ...(tests ? inTests : [])],
    },
    {
      sourceTag: 'type:testing',
      onlyDependOnLibsWithTags: ['type:core', 'type:testing'],
      // The conformance kit registers Vitest tests; an optional peer.
      allowedExternalImports: [...ours, 'vitest', ...(tests ? inTests : [])],
    },
    {
      sourceTag: 'type:adapter',
      onlyDependOnLibsWithTags: ['type:core', 'type:testing'],
    },
    ...adapters.map(({ backend, drivers, dependencies, devDependencies }) => ({
      sourceTag: `backend:${backend}`,
      onlyDependOnLibsWithTags: ['type:core', 'type:testing', `backend:${backend}`],
      allowedExternalImports: [
        ...ours,
        ...drivers,
        ...dependencies,
        ...(tests ? [...inTests, ...devDependencies] : []),
      ],
    })),
    {
      sourceTag: 'type:proxy',
      // It finds adapters at run time by name: an import of one would be the end of that.
      onlyDependOnLibsWithTags: tests
        ? ['type:core', 'type:proxy', 'type:adapter', 'type:testing']
        : ['type:core', 'type:proxy'],
      allowedExternalImports: [...ours, ...proxyDependencies, ...(tests ? [...inTests, 'ioredis'] : [])],
    },
    { sourceTag: 'type:tool', onlyDependOnLibsWithTags: ['*'] },
  ],
});
