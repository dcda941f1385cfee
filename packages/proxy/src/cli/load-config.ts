import { loadAdapter } from '../load-adapter.ts';
import { ConfigFileError, readConfig, resolveConfig, type ProxyConfig } from '../config/index.ts';
import { flagSource, type OwnFlags } from './flag-source.ts';

export interface Invocation {
  readonly file: string | undefined;
  readonly backend: string | undefined;
  /** What is left for the adapter to read. */
  readonly words: readonly string[];
  readonly own: OwnFlags;
}

/**
 * The config that a command line means: of a file, or of a backend and its flags.
 * @throws ConfigFileError, FailoverError `adapter-invalid`
 */
export async function loadConfig(invocation: Invocation): Promise<ProxyConfig> {
  const { file, backend, words, own } = invocation;
  if (file !== undefined && backend === undefined) return readConfig(file);
  if (file === undefined && backend !== undefined && !backend.startsWith('-')) {
    const gateway = await loadAdapter(backend, process.cwd());
    return resolveConfig(flagSource(backend, gateway, words, own));
  }
  throw new ConfigFileError([
    {
      file: 'command line',
      line: undefined,
      field: '',
      value: undefined,
      problem:
        file === undefined
          ? 'says neither a config file nor a backend'
          : 'says both a config file and a backend',
      fix: 'Write -c FILE, or BACKEND followed by its flags.',
    },
  ]);
}
