import type { Gateway } from '@failover/core';

/** The one number this proxy speaks. */
const contract = 1;

/**
 * What keeps a loaded module from being a gateway, as a sentence; `undefined` if nothing does. A plugin is
 * checked at the door, so that a mistake in it does not show as a crash in the middle of a failover.
 */
export function whyNoGateway(value: unknown): string | undefined {
  if (!isRecord(value)) return 'it exports no object named "gateway"';
  const adapter = value['adapter'];
  if (!isRecord(adapter)) return 'gateway.adapter is missing';
  if (adapter['contract'] !== contract) {
    return `its adapter speaks contract ${JSON.stringify(adapter['contract'])}, and this proxy contract ${contract}: install versions of one release`;
  }
  if (typeof adapter['backend'] !== 'string') return 'gateway.adapter.backend is not a string';
  const missing = [
    ...missingFunctions(adapter['config'], 'gateway.adapter.config', ['parse']),
    ...missingFunctions(adapter['rules'], 'gateway.adapter.rules', ['init', 'step']),
    ...missingFunctions(adapter, 'gateway.adapter', ['discover', 'watch', 'classify']),
    ...missingFunctions(value, 'gateway', ['open']),
  ];
  if (missing[0] !== undefined) return `${missing[0]} is not a function`;
  if (isRecord(adapter['config']) && !isRecord(adapter['config']['schema'])) {
    return 'gateway.adapter.config.schema is not a JSON Schema';
  }
  const roles = value['roles'];
  if (!Array.isArray(roles) || roles.length === 0 || !roles.every((role) => typeof role === 'string')) {
    return 'gateway.roles is not a list of at least one role';
  }
  return undefined;
}

export function isGateway(value: unknown): value is Gateway {
  return whyNoGateway(value) === undefined;
}

function missingFunctions(value: unknown, path: string, names: readonly string[]): readonly string[] {
  const owner = isRecord(value) ? value : {};
  return names.filter((name) => typeof owner[name] !== 'function').map((name) => `${path}.${name}`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
