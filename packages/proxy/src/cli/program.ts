import { Command } from 'commander';
import { durationMs } from '../duration.ts';
import { ConfigFileError } from '../config/index.ts';
import { demo } from '../demo/demo.ts';
import { loadAdapter } from '../load-adapter.ts';
import { version } from '../version.ts';
import { check } from './check.ts';
import { flagHelp } from './flag-help.ts';
import type { OwnFlags } from './flag-source.ts';
import { loadConfig } from './load-config.ts';
import { run } from './run.ts';
import { topology } from './topology.ts';

const examples = `
Examples:
  failover run -c failover.yaml
  failover run redis --sentinel 127.0.0.1:26379 --name mymaster --listen 6379
  failover run redis --help          the flags that an adapter brings
  failover check -c failover.yaml
  failover demo redis

Exit codes:
  0  done, or drained after a signal
  1  could not start or go on; demo: something was lost by us or doubled
  2  the command line or the config is wrong, nothing was started
  3  check: the config is right, but the cluster cannot be used now
  130, 143  ended at once by a second Ctrl-C or SIGTERM
`;

/** Each command's action resolves with an exit code, which `done` is told. */
export function createProgram(done: (code: number) => void): Command {
  const program = new Command('failover')
    .description('Follows a cluster through its failovers, so that clients on localhost never see one.')
    .version(version)
    .showHelpAfterError()
    .addHelpText('after', examples);

  clusterCommand(program, 'run', 'run the local process')
    .option('--state-dir <folder>', 'keep last-known members here')
    .option(
      '--start-timeout <duration>',
      'wait so long for a first server before the ports open (default 10s)',
    )
    .option('--drain-timeout <duration>', 'let clients finish for so long on SIGTERM (default 60s)')
    .option('--max-clients <number>', 'clients at once on each address (default 10000)')
    .option('--log-level <level>', 'debug, info, warn or error')
    .option('--log-format <format>', 'json, pretty or auto')
    .option('--stop-with-stdin', 'drain when standard input ends', false)
    .action(async (backend: string | undefined, words: string[], options: Options) => {
      const config = await loadConfig({ file: options.config, backend, words, own: options });
      done(await run(config, { stopWithStdin: options.stopWithStdin ?? false }));
    });

  clusterCommand(program, 'check', 'check a config and connect once')
    .option('--timeout <duration>', 'how long to try', '5s')
    .action(async (backend: string | undefined, words: string[], options: Options) => {
      const config = await loadConfig({ file: options.config, backend, words, own: withListener(options) });
      done(await check(config, timeoutMs(options.timeout), (line) => process.stdout.write(`${line}\n`)));
    });

  clusterCommand(program, 'topology', 'watch a cluster live').action(
    async (backend: string | undefined, words: string[], options: Options) => {
      const config = await loadConfig({ file: options.config, backend, words, own: withListener(options) });
      done(await topology(config, process.stdout));
    },
  );

  program
    .command('demo')
    .argument('<backend>', 'for example redis')
    .description(
      'start a small cluster, kill the server that leads it, hang another, and show that clients on localhost go on',
    )
    .action(async (backend: string) => {
      done(await demo(backend, process.stdout));
    });
  return program;
}

interface Options extends OwnFlags {
  readonly config?: string;
  readonly timeout?: string;
  readonly stopWithStdin?: boolean;
}

/** What `run`, `check` and `topology` have in common: a file, or a backend and flags that its adapter knows. */
function clusterCommand(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .argument('[backend]', 'an adapter, by name or path; its flags follow')
    .argument('[flags...]', `see: failover ${name} BACKEND --help`)
    .option('-c, --config <file>', 'YAML config file')
    .option('--listen <address>', 'port, host:port or socket path; can be given more than once', collect)
    .option('--admin <address>', 'admin pages: host:port on loopback, or off')
    .allowUnknownOption();
}

/** The adapter's flags, for a help text that commander cannot know. */
export async function adapterHelp(words: readonly string[]): Promise<string> {
  const [command, backend] = words;
  const isAsked = words.includes('--help') || words.includes('-h');
  if (!isAsked || !['run', 'check', 'topology'].includes(command ?? '')) return '';
  if (backend === undefined || backend.startsWith('-')) return '';
  return flagHelp(backend, await loadAdapter(backend, process.cwd()));
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** Nothing is opened, so no address need be given. */
function withListener(own: OwnFlags): OwnFlags {
  return { ...own, listen: own.listen ?? ['127.0.0.1:0'] };
}

function timeoutMs(text = '5s'): number {
  const ms = durationMs(text);
  if (ms !== undefined) return ms;
  throw new ConfigFileError([
    {
      file: 'command line',
      line: undefined,
      field: '--timeout',
      value: text,
      problem: 'is no duration',
      fix: 'Write for example 5s.',
    },
  ]);
}
