import { readFile } from 'node:fs/promises';
import { ConfigFileError } from './problem.ts';
import type { ProxyConfig } from './proxy-config.ts';
import { resolveConfig } from './resolve-config.ts';
import { yamlSource } from './yaml-source.ts';

/**
 * Reads a config file, checks it and loads its adapters.
 * @throws ConfigFileError with file, line, field, value and fix for each problem
 */
export async function readConfig(file: string): Promise<ProxyConfig> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigFileError(
      [
        {
          file,
          line: undefined,
          field: '',
          value: undefined,
          problem: `cannot be read: ${reason}`,
          fix: 'Check the path after -c.',
        },
      ],
      { cause },
    );
  }
  return resolveConfig(yamlSource(text, file));
}
