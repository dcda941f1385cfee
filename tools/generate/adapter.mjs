// `npm run generate:adapter -- NAME` writes packages/NAME: the house's files in the house's order, with a small
// backend without a leader that works, is tested, and is to be replaced from top to bottom.
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const [name] = process.argv.slice(2);
if (name === undefined || !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
  console.error(`write: npm run generate:adapter -- NAME, in kebab-case (got ${JSON.stringify(name)})`);
  process.exit(2);
}
const target = join(root, 'packages', name);
if (existsSync(target)) {
  console.error(`packages/${name} is there already: choose another name or remove it`);
  process.exit(2);
}

const camel = name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
const pascal = camel[0].toUpperCase() + camel.slice(1);
const named = (text) => text.replaceAll('Sample', pascal).replaceAll('sample', name);
const write = (file, content) => {
  const text = typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`;
  writeFileSync(join(target, file), text);
};

// Versions and ranges are taken from a package that is kept up to date anyway.
const model = JSON.parse(readFileSync(join(root, 'packages/testing/package.json'), 'utf8'));
const range = `^${model.version}`;
const face = (path) => ({
  '@failover/source': `./src/${path}.ts`,
  types: `./dist/${path}.d.ts`,
  default: `./dist/${path}.js`,
});

mkdirSync(target, { recursive: true });
cpSync(join(import.meta.dirname, 'template'), target, { recursive: true });
for (const entry of readdirSync(target, { recursive: true })) {
  const file = join(target, entry);
  if (statSync(file).isFile()) writeFileSync(file, named(readFileSync(file, 'utf8')));
}

write('package.json', {
  name: `@failover/${name}`,
  version: model.version,
  description: `${pascal} through a failover: a client in process, and its protocol on localhost.`,
  keywords: ['failover', name, 'high-availability'],
  license: model.license,
  type: 'module',
  sideEffects: false,
  engines: model.engines,
  exports: {
    '.': face('index'),
    './gateway': face('gateway/index'),
    './testing': face('testing/index'),
    './package.json': './package.json',
  },
  files: model.files,
  peerDependencies: {
    '@failover/core': range,
    '@failover/testing': range,
    rxjs: model.peerDependencies.rxjs,
  },
  peerDependenciesMeta: { '@failover/testing': { optional: true } },
  devDependencies: {
    '@failover/core': range,
    '@failover/testing': range,
    'fast-check': model.devDependencies['fast-check'],
    rxjs: model.devDependencies.rxjs,
  },
  nx: { tags: ['type:adapter', `backend:${name}`], targets: model.nx.targets },
});
for (const file of ['tsconfig.json', 'tsconfig.lib.json', 'tsconfig.test.json']) {
  write(file, readFileSync(join(root, 'packages/testing', file), 'utf8'));
}
for (const file of ['vitest.config.ts', 'vitest.real.config.ts']) {
  write(file, readFileSync(join(root, 'packages/testing', file), 'utf8').replace("'testing'", `'${name}'`));
}
write('typedoc.json', {
  tsconfig: 'tsconfig.lib.json',
  entryPoints: ['src/index.ts', 'src/gateway/index.ts', 'src/testing/index.ts'],
});
cpSync(join(root, 'LICENSE'), join(target, 'LICENSE'));
write(
  'README.md',
  `# @failover/${name}

${pascal} through a failover: a client in process, and the gateway with which the local process speaks its protocol.

\`\`\`sh
npm install @failover/${name} @failover/core rxjs
\`\`\`
`,
);

console.log(`packages/${name} is there. Then:
  npm install && npx nx sync
  npx nx run-many -t build types lint cycles test -p @failover/${name}
  replace the backend from top to bottom: protocol, replies, rules, discovery, monitor, adapter, client, gateway.`);
