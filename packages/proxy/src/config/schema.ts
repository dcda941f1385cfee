import { z } from 'zod';
import { durationMs } from '../duration.ts';
import { parseListenAddress, type ListenAddress } from '../listen-address.ts';

const listen = z.unknown().transform((value, context): ListenAddress => {
  const address =
    typeof value === 'string' || typeof value === 'number' ? parseListenAddress(value) : undefined;
  if (address !== undefined) return address;
  context.addIssue(value === undefined ? 'is missing' : 'is no address');
  return z.NEVER;
});

const duration = z.unknown().transform((value, context): number => {
  const ms = typeof value === 'string' ? durationMs(value) : undefined;
  if (ms !== undefined) return ms;
  context.addIssue(typeof value === 'number' ? 'has no unit' : 'is no duration');
  return z.NEVER;
});

const admin = z.unknown().transform((value, context): ListenAddress | 'off' => {
  if (value === 'off' || value === false) return 'off';
  const address =
    typeof value === 'string' || typeof value === 'number' ? parseListenAddress(value) : undefined;
  if (address?.type === 'tcp') return address;
  context.addIssue(value === undefined ? 'is missing' : 'is no address');
  return z.NEVER;
});

/** Seconds to wait for a first confirmed primary before the ports open anyway and hold what comes. */
export const defaultStartMs = 10_000;
/** Longer than most requests live, shorter than most supervisors wait before they kill. */
export const defaultDrainMs = 60_000;
/** As Redis itself; each client costs two file descriptors at most. */
export const defaultMaxClients = 10_000;

/** Our part of the file. What an adapter reads under its cluster passes through untouched. */
export const fileSchema = z.strictObject({
  version: z.literal(1),
  admin: z.strictObject({ listen: admin }).optional(),
  stateDir: z.string().min(1).optional(),
  clusters: z
    .record(z.string().regex(/^[\w.-]+$/), z.looseObject({ backend: z.string().min(1) }))
    .refine((clusters) => Object.keys(clusters).length > 0, 'is empty'),
  listeners: z
    .array(
      z.strictObject({
        listen,
        cluster: z.string(),
        role: z.string().optional(),
        maxClients: z.int().min(1).max(1_000_000).default(defaultMaxClients),
        allowRemote: z.boolean().default(false),
      }),
    )
    .min(1),
  start: z.strictObject({ timeout: duration }).optional(),
  drain: z.strictObject({ timeout: duration }).optional(),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
      format: z.enum(['auto', 'json', 'pretty']).default('auto'),
    })
    .optional(),
});

export type FileConfig = z.infer<typeof fileSchema>;

/** What to write, for each field. `*` stands for any name or position. */
export const fixes: Readonly<Record<string, string>> = {
  '': 'A config file starts with "version: 1" and has "clusters" and "listeners".',
  version: 'Write version: 1, the only one so far.',
  admin: 'Write admin: { listen: 127.0.0.1:9180 }, or leave it out for no admin pages.',
  'admin.listen': 'Write an address on loopback, for example 127.0.0.1:9180, or off.',
  stateDir: 'Write a folder that this process may write to, for example /var/lib/failover.',
  clusters: 'Name at least one cluster, for example clusters: { cache: { backend: redis, … } }.',
  'clusters.*': 'Write a name of letters, digits, dots and dashes, and under it at least "backend".',
  'clusters.*.backend': 'Write the name of an adapter, for example redis, or the path of one.',
  listeners: 'List at least one, for example listeners: [{ listen: 127.0.0.1:6379, cluster: cache }].',
  'listeners.*': 'Write for example { listen: 127.0.0.1:6379, cluster: cache }.',
  'listeners.*.listen': 'Write host:port, a port alone for 127.0.0.1, or the path of a unix socket.',
  'listeners.*.cluster': 'Write the name of one of the clusters above.',
  'listeners.*.role': 'Write one of the roles that the adapter offers.',
  'listeners.*.maxClients': 'Write a whole number from 1 to 1000000.',
  'listeners.*.allowRemote': 'Write true or false.',
  'start.timeout': 'Write a duration with its unit, for example 10s.',
  'drain.timeout': 'Write a duration with its unit, for example 60s.',
  log: 'Write for example log: { level: info, format: json }.',
  'log.level': 'Write debug, info, warn or error.',
  'log.format': 'Write json, pretty, or auto: pretty in a terminal.',
};
