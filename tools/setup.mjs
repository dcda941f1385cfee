// Runs before `npm start` and `npm test`, so that each works as the first command on a fresh clone.
// Node built-ins only: nothing is installed yet. `npm install` calls it with --stamp to say "done already".
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = `${root}node_modules/.failover-setup`;
const wanted = createHash('sha256')
  .update(readFileSync(`${root}package-lock.json`))
  .digest('hex');

if (process.argv[2] !== '--stamp' && !(existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted)) {
  console.log('Setting up once with `npm ci`; about half a minute.');
  const npm = process.env.npm_execpath;
  const [command, args] = npm ? [process.execPath, [npm, 'ci']] : ['npm', ['ci']];
  const { status } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) process.exit(status ?? 1);
}
writeFileSync(stamp, wanted);
