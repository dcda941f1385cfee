// `npm run generate:redis-commands -- SERVER…` asks each of these server programs for its commands and writes what they
// say of themselves to packages/redis/src/protocol/commands/server-commands.ts. Give the oldest first: a newer one has the word.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

// ioredis belongs to the package, whose commands these are.
const { Redis } = createRequire(resolve(import.meta.dirname, '../../packages/redis/package.json'))('ioredis');

const target = resolve(import.meta.dirname, '../../packages/redis/src/protocol/commands/server-commands.ts');
const port = 17_379;
/** The flags that decide anything. */
const keptFlags = ['write', 'readonly', 'blocking', 'admin', 'noscript', 'pubsub'];

const programs = process.argv.slice(2);
if (programs.length === 0) {
  console.error('write: npm run generate:redis-commands -- SERVER…, for example redis-server valkey-server');
  process.exit(2);
}

const commands = new Map();
const versions = [];
for (const program of programs) {
  const { version, reply } = await askServer(program);
  versions.push(version);
  for (const item of reply) note(item);
}
const lines = [...commands.values()]
  .sort((a, b) => (a.name < b.name ? -1 : 1))
  .map((command) => `  ${JSON.stringify(command)},`);
writeFileSync(
  target,
  `// Written by \`npm run generate:redis-commands\` from what ${versions.join(', ')} say of themselves. Not to be edited.
import type { ServerCommand } from './server-command.ts';

export const serverCommands: readonly ServerCommand[] = [
${lines.join('\n')}
];
`,
);
console.log(`${commands.size} commands of ${versions.join(', ')}: ${target}`);

async function askServer(program) {
  const folder = mkdtempSync(join(tmpdir(), 'redis-commands-'));
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  const server = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = new Promise((done) => server.once('exit', done));
  const died = ended.then((code) => Promise.reject(new Error(`${program} ended with ${code}`)));
  const client = new Redis(port, '127.0.0.1', { retryStrategy: (tries) => (tries < 50 ? 100 : null) });
  client.on('error', () => undefined);
  try {
    const info = await Promise.race([client.info('server'), died]);
    const [, kind, number] = /^(valkey|redis)_version:(\S+)/m.exec(
      info.replace(/^redis_version:.*\r\n(?=[^]*valkey_version)/m, ''),
    );
    return { version: `${kind} ${number}`, reply: await client.call('COMMAND') };
  } finally {
    client.disconnect();
    server.kill();
    await ended;
    rmSync(folder, { recursive: true });
  }
}

function note([name, , flags, , , , , , specs, subcommands]) {
  // A module's commands are of that server only.
  if (flags.includes('module')) return;
  const isContainer = subcommands.length > 0;
  const seen = commands.get(name)?.flags ?? [];
  commands.set(name, {
    name: name.replace('|', ' '),
    flags: keptFlags.filter((flag) => flags.includes(flag) || seen.includes(flag)),
    keys: specs.map(keySpecOf).filter((spec) => spec !== undefined),
    ...(isContainer ? { isContainer } : {}),
  });
  for (const sub of subcommands) note(sub);
}

/** Undefined for keys that nobody finds by counting, as those that SORT makes of what it reads. */
function keySpecOf(pairs) {
  const { begin_search: begin, find_keys: find } = asObject(pairs);
  const from = asObject(begin).type === 'unknown' ? undefined : asObject(asObject(begin).spec);
  const spec = asObject(asObject(find).spec);
  if (from === undefined || asObject(find).type === 'unknown') return undefined;
  return {
    begin: from.keyword === undefined ? from.index : { word: from.keyword, from: from.startfrom },
    find:
      spec.keynumidx === undefined
        ? { last: spec.lastkey, step: spec.keystep, limit: spec.limit }
        : { countAt: spec.keynumidx, first: spec.firstkey, step: spec.keystep },
  };
}

/** RESP2 has no maps. */
function asObject(pairs) {
  const entries = [];
  for (let at = 0; at < pairs.length; at += 2) entries.push([pairs[at], pairs[at + 1]]);
  return Object.fromEntries(entries);
}
