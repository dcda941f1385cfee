import type { Gateway } from '@failover/core';
import type { ConfigSource } from '../config/index.ts';
import { ConfigFileError } from '../config/index.ts';
import { adapterFields } from './adapter-fields.ts';
import { parseFlags } from './parse-flags.ts';

/** Flags that are ours, whatever the backend. */
export interface OwnFlags {
  readonly listen?: readonly string[];
  readonly admin?: string;
  readonly stateDir?: string;
  readonly drainTimeout?: string;
  readonly startTimeout?: string;
  readonly maxClients?: string;
  readonly logLevel?: string;
  readonly logFormat?: string;
}

/**
 * The config that a command line says, to be checked as a file is.
 * @throws ConfigFileError with each flag that nobody knows
 */
export function flagSource(
  backend: string,
  gateway: Gateway,
  words: readonly string[],
  own: OwnFlags,
): ConfigSource {
  const name = gateway.adapter.backend;
  const fields = adapterFields(gateway.adapter.config.schema);
  const flags = parseFlags(words, fields, gateway.roles);
  const complaints = [...flags.complaints];
  if ((own.listen ?? []).length + flags.listen.length === 0) {
    complaints.push('--listen is missing: the port for clients, for example --listen 6379');
  }
  if (complaints.length > 0) {
    throw new ConfigFileError(
      complaints.map((problem) => ({
        file: 'command line',
        line: undefined,
        field: '',
        value: undefined,
        problem,
        fix: `See: failover run ${backend} --help`,
      })),
    );
  }
  const common = own.maxClients === undefined ? {} : { maxClients: Number(own.maxClients) };
  const data = {
    version: 1,
    clusters: { [name]: { backend, ...flags.config } },
    listeners: [
      ...(own.listen ?? []).map((listen) => ({ listen, cluster: name, ...common })),
      ...flags.listen.map(({ role, address }) => ({ listen: address, cluster: name, role, ...common })),
    ],
    ...(own.admin === undefined ? {} : { admin: { listen: own.admin } }),
    ...(own.stateDir === undefined ? {} : { stateDir: own.stateDir }),
    ...(own.drainTimeout === undefined ? {} : { drain: { timeout: own.drainTimeout } }),
    ...(own.startTimeout === undefined ? {} : { start: { timeout: own.startTimeout } }),
    log: {
      ...(own.logLevel === undefined ? {} : { level: own.logLevel }),
      ...(own.logFormat === undefined ? {} : { format: own.logFormat }),
    },
  };
  return {
    name: 'command line',
    folder: process.cwd(),
    data,
    lineOf: () => undefined,
    labelOf([part, , field]) {
      const flag = fields.find((each) => part === 'clusters' && each.name === field)?.flags[0];
      if (flag !== undefined) return `--${flag}`;
      const ownFlag = {
        listeners: '--listen',
        admin: '--admin',
        stateDir: '--state-dir',
        drain: '--drain-timeout',
      }[String(part)];
      return ownFlag ?? String(part);
    },
  };
}
