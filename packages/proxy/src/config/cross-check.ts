import { nearest } from '../nearest.ts';
import { isLocal, showAddress } from '../listen-address.ts';
import { problemAt, type ConfigProblem } from './problem.ts';
import type { FileConfig } from './schema.ts';
import type { ConfigSource } from './source.ts';

/** What no single field can tell: names that lead nowhere, addresses used twice or open to the world. */
export function crossCheck(source: ConfigSource, file: FileConfig): readonly ConfigProblem[] {
  return [...checkNames(source, file), ...checkAddresses(source, file)];
}

function checkNames(source: ConfigSource, file: FileConfig): readonly ConfigProblem[] {
  const names = Object.keys(file.clusters);
  return file.listeners.flatMap((listener, at) => {
    if (names.includes(listener.cluster)) return [];
    const meant = nearest(listener.cluster, names);
    return [
      problemAt(source, ['listeners', at, 'cluster'], {
        problem: 'names no cluster of this file',
        fix: meant === undefined ? `Write one of: ${names.join(', ')}.` : `Did you mean "${meant}"?`,
      }),
    ];
  });
}

function checkAddresses(source: ConfigSource, file: FileConfig): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const taken = new Map<string, string>();
  const admin = file.admin?.listen;
  if (admin !== undefined && admin !== 'off') {
    taken.set(showAddress(admin), 'admin');
    if (!isLocal(admin)) {
      problems.push(
        problemAt(source, ['admin', 'listen'], {
          problem: 'is reachable from other machines; the admin pages have no login and stay on loopback',
          fix: 'Write an address on loopback, for example 127.0.0.1:9180.',
        }),
      );
    }
  }
  file.listeners.forEach((listener, at) => {
    const path = ['listeners', at, 'listen'];
    const shown = showAddress(listener.listen);
    if (!isLocal(listener.listen) && !listener.allowRemote) {
      problems.push(
        problemAt(source, path, {
          problem:
            'is reachable from other machines: whoever reaches it can use the cluster as this process can',
          fix: 'Write 127.0.0.1 as its host; or, if you mean it, add allowRemote: true to this listener.',
        }),
      );
    }
    const first = taken.get(shown);
    if (first !== undefined && !(listener.listen.type === 'tcp' && listener.listen.port === 0)) {
      problems.push(
        problemAt(source, path, {
          problem: `is used twice, first by ${first}`,
          fix: 'Give each listener an address of its own.',
        }),
      );
    }
    taken.set(shown, `listeners.${at}`);
  });
  return problems;
}
