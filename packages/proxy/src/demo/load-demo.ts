import { FailoverError } from '@failover/core';
import { loadFace } from '../load-adapter.ts';
import type { Demo } from './contract.ts';

/**
 * The demo of a backend, found as its gateway is.
 * @throws FailoverError `adapter-invalid` if the adapter is missing or has none
 */
export async function loadDemo(backend: string, folder: string): Promise<Demo> {
  const module = await loadFace(backend, 'testing', folder);
  const demo: unknown =
    typeof module === 'object' && module !== null && 'demo' in module ? module.demo : undefined;
  if (isDemo(demo)) return demo;
  throw new FailoverError('adapter-invalid', `"${backend}" has no demo: its /testing exports none`);
}

function isDemo(value: unknown): value is Demo {
  return typeof value === 'object' && value !== null && 'find' in value && typeof value.find === 'function';
}
