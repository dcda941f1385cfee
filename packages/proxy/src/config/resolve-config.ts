import { resolve } from 'node:path';
import { isFailoverError, type ConfigIssue, type Gateway } from '@failover/core';
import { loadAdapter } from '../load-adapter.ts';
import { crossCheck } from './cross-check.ts';
import { expandEnv } from './expand-env.ts';
import { explain } from './explain.ts';
import { ConfigFileError, problemAt, type ConfigProblem } from './problem.ts';
import type { ClusterConfig, ListenerConfig, ProxyConfig } from './proxy-config.ts';
import { defaultDrainMs, defaultStartMs, fileSchema, type FileConfig } from './schema.ts';
import type { ConfigSource, FieldPath } from './source.ts';

/**
 * Checks everything that can be checked without a connection, and loads the adapters.
 * @throws ConfigFileError with all problems of the first stage that has any
 */
export async function resolveConfig(
  source: ConfigSource,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<ProxyConfig> {
  const expanded = expandEnv(source, env);
  const parsed = fileSchema.safeParse(expanded.data);
  const problems = [
    ...expanded.problems,
    ...(parsed.success
      ? crossCheck(source, parsed.data)
      : parsed.error.issues.flatMap((issue) => explain(source, issue))),
  ];
  if (!parsed.success || problems.length > 0) throw new ConfigFileError(problems);
  const file = parsed.data;

  const { clusters, problems: clusterProblems } = await resolveClusters(source, file);
  if (clusterProblems.length > 0) throw new ConfigFileError(clusterProblems);
  const { listeners, problems: listenerProblems } = resolveListeners(source, file, clusters);
  if (listenerProblems.length > 0) throw new ConfigFileError(listenerProblems);

  const admin = file.admin?.listen;
  return {
    admin: admin === 'off' ? undefined : admin,
    stateDir: file.stateDir === undefined ? undefined : resolve(source.folder, file.stateDir),
    clusters,
    listeners,
    startMs: file.start?.timeout ?? defaultStartMs,
    drainMs: file.drain?.timeout ?? defaultDrainMs,
    log: file.log ?? { level: 'info', format: 'auto' },
  };
}

async function resolveClusters(
  source: ConfigSource,
  file: FileConfig,
): Promise<{ readonly clusters: readonly ClusterConfig[]; readonly problems: readonly ConfigProblem[] }> {
  const clusters: ClusterConfig[] = [];
  const problems: ConfigProblem[] = [];
  for (const [name, { backend, ...own }] of Object.entries(file.clusters)) {
    const path: FieldPath = ['clusters', name];
    let gateway: Gateway;
    try {
      gateway = await loadAdapter(backend, source.folder);
    } catch (error) {
      if (!isFailoverError(error)) throw error;
      const [problem, ...rest] = error.message.split('\n');
      problems.push(
        problemAt(source, [...path, 'backend'], {
          problem: problem ?? '',
          fix: rest.join('\n    ').trim() || 'Repair or reinstall the adapter.',
        }),
      );
      continue;
    }
    try {
      clusters.push({ name, gateway, config: gateway.adapter.config.parse(own) });
    } catch (error) {
      problems.push(...adapterProblems(source, path, error));
    }
  }
  return { clusters, problems };
}

function resolveListeners(
  source: ConfigSource,
  file: FileConfig,
  clusters: readonly ClusterConfig[],
): { readonly listeners: readonly ListenerConfig[]; readonly problems: readonly ConfigProblem[] } {
  const problems: ConfigProblem[] = [];
  const listeners = file.listeners.flatMap((listener, at): ListenerConfig[] => {
    const path: FieldPath = ['listeners', at];
    const cluster = clusters.find(({ name }) => name === listener.cluster);
    if (cluster === undefined) return [];
    const { gateway, config } = cluster;
    const role = listener.role ?? gateway.roles[0] ?? '';
    if (!gateway.roles.includes(role)) {
      problems.push(
        problemAt(source, [...path, 'role'], {
          problem: `is no role of ${gateway.adapter.backend}`,
          fix: `Write one of: ${gateway.roles.join(', ')}.`,
        }),
      );
      return [];
    }
    for (const issue of gateway.checkListener?.({ role }, config) ?? [])
      problems.push(toProblem(source, path, issue));
    return [{ listen: listener.listen, cluster: cluster.name, role, maxClients: listener.maxClients }];
  });
  return { listeners, problems };
}

/** An adapter speaks of its own fields; the user has them under `clusters.NAME`. */
function adapterProblems(source: ConfigSource, path: FieldPath, error: unknown): readonly ConfigProblem[] {
  const isConfigError = isFailoverError(error) && error.code === 'config-invalid' && 'issues' in error;
  if (!isConfigError) throw error;
  return (error.issues as readonly ConfigIssue[]).map((issue) => toProblem(source, path, issue));
}

function toProblem(source: ConfigSource, path: FieldPath, issue: ConfigIssue): ConfigProblem {
  const field = issue.field === '' ? [] : issue.field.split('.');
  return problemAt(source, [...path, ...field], issue);
}
