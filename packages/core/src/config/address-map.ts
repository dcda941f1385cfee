import type { ConfigIssue } from '../errors.ts';
import type { EndpointId } from '../model/index.ts';
import { endpoint } from '../model/index.ts';

/** From what a cluster calls its members to where they can be reached. What is no address becomes an issue. */
export function addressMap(
  field: string,
  written: Readonly<Record<string, string>>,
  defaultPort: number,
  issues: ConfigIssue[],
): ReadonlyMap<string, EndpointId> {
  const found = new Map<string, EndpointId>();
  for (const [name, text] of Object.entries(written)) {
    try {
      found.set(name, endpoint(text, defaultPort));
    } catch {
      const fix = `write host:port, for example 127.0.0.1:${defaultPort}`;
      issues.push({ field: `${field}.${name}`, value: text, problem: 'is not an address', fix });
    }
  }
  return found;
}
