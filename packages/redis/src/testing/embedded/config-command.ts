import { bulk, error, simple, type RespValue } from '../../protocol/value.ts';
import { matchesGlob } from './glob.ts';
import { portOf, type EndpointId } from '@failover/core';

/** What CONFIG GET tells. Changing a value changes the answer, nothing else. */
export function createServerConfig(endpoint: EndpointId): Map<string, string> {
  return new Map([
    ['port', String(portOf(endpoint))],
    ['databases', '16'],
    ['maxmemory', '0'],
    ['maxmemory-policy', 'noeviction'],
    ['save', ''],
    ['appendonly', 'no'],
    ['timeout', '0'],
    ['replica-read-only', 'yes'],
    ['min-replicas-to-write', '0'],
    ['notify-keyspace-events', ''],
  ]);
}

export function configCommand(
  config: Map<string, string>,
  args: readonly Buffer[],
  onRewrite: () => void,
): RespValue {
  const [sub = '', ...rest] = args.map((arg) => arg.toString());
  switch (sub.toLowerCase()) {
    case 'get': {
      if (rest.length === 0) return error("ERR wrong number of arguments for 'config|get' command");
      const entries = [...config]
        .filter(([name]) => rest.some((pattern) => matchesGlob(pattern.toLowerCase(), name)))
        .map(([name, value]) => [bulk(name), bulk(value)] as const);
      return { type: 'map', entries };
    }
    case 'set': {
      if (rest.length < 2) return error("ERR wrong number of arguments for 'config|set' command");
      if (rest.length % 2 === 1) return error('ERR syntax error');
      for (let at = 0; at < rest.length; at += 2) {
        if (!config.has(rest[at]?.toLowerCase() ?? '')) {
          return error(`ERR Unknown option or number of arguments for CONFIG SET - '${rest[at] ?? ''}'`);
        }
      }
      for (let at = 0; at < rest.length; at += 2)
        config.set(rest[at]?.toLowerCase() ?? '', rest[at + 1] ?? '');
      return simple('OK');
    }
    case 'rewrite':
      onRewrite();
      return simple('OK');
    case 'resetstat':
      return simple('OK');
    default:
      return error(`ERR unknown subcommand '${sub}'. Try CONFIG HELP.`);
  }
}
