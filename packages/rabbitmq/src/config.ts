import type { ConfigIssue, ConfigSpec, EndpointId, Seed, TlsOptions } from '@failover/core';
import {
  ConfigError,
  configIssues,
  addressMap,
  readTls,
  secretFromFile,
  seedList,
  withoutUndefined,
} from '@failover/core';
import { z } from 'zod';

const addressSchema = z
  .union([
    z.string(),
    z.strictObject({ host: z.string().min(1), port: z.int().min(1).max(65_535).optional() }),
  ])
  .describe('host:port');
const pem = z.union([z.string(), z.instanceof(Uint8Array)]);
const tls = z.strictObject({
  caFile: z.string().min(1).optional().describe('A file with the certificates that are trusted, in PEM.'),
  certFile: z.string().min(1).optional().describe('Our own certificate, in PEM, if nodes ask for one.'),
  keyFile: z.string().min(1).optional(),
  ca: pem.optional().describe('As caFile, in process.'),
  cert: pem.optional(),
  key: pem.optional(),
  passphrase: z.string().optional(),
  servername: z.string().min(1).optional().describe('The name in the certificates, if it is not the host.'),
  rejectUnauthorized: z.boolean().default(true),
});
const ms = z.int().min(1).max(3_600_000);
const bytes = z
  .int()
  .min(64 * 1024)
  .max(2 ** 31);

const schema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9._-]+$/)
    .default('rabbitmq')
    .describe('A label for logs and metrics.'),
  servers: z
    .array(addressSchema)
    .min(1)
    .readonly()
    .describe(
      'Nodes, port 5672 if none is given; or where to find them: dns:HOST:PORT, srv:NAME, file:PATH.',
    ),
  management: z
    .array(addressSchema)
    .min(1)
    .readonly()
    .optional()
    .describe('Management APIs (plain HTTP), port 15672: they list nodes, alarms and the leaders of queues.'),
  addresses: z
    .record(z.string(), z.string())
    .default({})
    .describe('From the names of nodes to their addresses, where these differ from what the nodes say.'),
  vhost: z.string().default('/'),
  username: z.string().min(1).default('guest').describe('For the monitors, and for clients in process.'),
  password: z.string().min(1).optional().describe('Default guest.'),
  passwordFile: z.string().min(1).optional().describe('A file whose first line is the password.'),
  managementUsername: z.string().min(1).optional().describe('Default `username`.'),
  managementPassword: z.string().min(1).optional().describe('Default the password of `username`.'),
  tls: z
    .union([z.boolean(), tls])
    .default(false)
    .describe('TLS to the nodes; true trusts the authorities of the machine.'),
  unknown: z
    .enum(['resend', 'reject'])
    .default('resend')
    .describe('A publish that was sent and not confirmed: send it again, marked; or tell that nobody knows.'),
  redeclare: z
    .enum(['transient', 'all', 'none'])
    .default('transient')
    .describe(
      'What is declared again after a failover: what the broker dropped because of us, all, or nothing.',
    ),
  stampIds: z
    .boolean()
    .default(false)
    .describe('Give a message without a message id one before it goes again.'),
  holdMs: ms
    .default(60_000)
    .describe('ms that an operation may wait for a node, and a consumer for its queue.'),
  silenceMs: ms
    .default(2000)
    .describe('ms without an answer on a channel after which it is given up and the request issued again.'),
  connectTimeoutMs: ms.default(1000).describe('ms until a node must have answered the protocol header.'),
  loginTimeoutMs: ms.default(2000).describe('ms for authentication, tuning and opening the virtual host.'),
  heartbeatS: z.int().min(1).max(600).default(5).describe('Seconds between heartbeats to the nodes.'),
  maxUnconfirmedBytes: bytes
    .default(16 * 1024 * 1024)
    .describe('Messages without a confirm that one client connection may have: beyond, its publishers wait.'),
  maxHeldBytes: bytes
    .default(8 * 1024 * 1024)
    .describe('Frames that wait for one client connection: beyond, it is not read from.'),
  maxQueues: z
    .int()
    .min(0)
    .max(10_000)
    .default(100)
    .describe('Queues whose leaders are followed as topology.'),
});

type Written = z.input<typeof schema>;
type Lists = Pick<Written, 'servers' | 'management'>;

/** What a user writes, in process and in YAML. A list may be readonly; the schema alone would refuse that. */
export type RabbitOptions = Omit<Written, keyof Lists> & {
  readonly [K in keyof Lists]: Readonly<Lists[K]>;
};

/** Checked and complete. */
export interface RabbitConfig {
  readonly name: string;
  readonly servers: readonly Seed[];
  readonly management: readonly Seed[];
  readonly addresses: ReadonlyMap<string, EndpointId>;
  readonly vhost: string;
  readonly username: string;
  readonly password: string;
  readonly managementUsername: string;
  readonly managementPassword: string;
  /** Undefined: plain TCP. */
  readonly tls?: TlsOptions;
  readonly unknown: 'resend' | 'reject';
  readonly redeclare: 'transient' | 'all' | 'none';
  readonly stampIds: boolean;
  readonly holdMs: number;
  readonly silenceMs: number;
  readonly connectTimeoutMs: number;
  readonly loginTimeoutMs: number;
  readonly heartbeatS: number;
  readonly maxUnconfirmedBytes: number;
  readonly maxHeldBytes: number;
  readonly maxQueues: number;
}

export const rabbitConfig: ConfigSpec<RabbitConfig> = {
  schema: z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }),
  parse(input) {
    const parsed = schema.safeParse(input);
    if (!parsed.success) {
      throw new ConfigError(parsed.error.issues.flatMap((issue) => configIssues(issue, input)));
    }
    const issues: ConfigIssue[] = [];
    const { passwordFile, password, addresses, tls: writtenTls, ...rest } = parsed.data;
    const secured = readTls('tls', writtenTls, issues);
    if (password !== undefined && passwordFile !== undefined) {
      const problem = 'cannot stand beside password';
      issues.push({ field: 'passwordFile', value: passwordFile, problem, fix: 'remove one of them' });
    }
    const secret =
      passwordFile === undefined
        ? (password ?? 'guest')
        : secretFromFile('passwordFile', passwordFile, issues);
    const config = {
      ...rest,
      password: secret,
      ...(secured === undefined ? {} : { tls: secured }),
      servers: seedList('servers', rest.servers, 5672, issues),
      management: seedList('management', rest.management?.map(withoutScheme), 15_672, issues),
      addresses: addressMap('addresses', addresses, 5672, issues),
      managementUsername: rest.managementUsername ?? rest.username,
      managementPassword: rest.managementPassword ?? secret,
    };
    if (issues.length > 0) throw new ConfigError(issues);
    return withoutUndefined(config);
  },
};

/** People copy it from the browser. */
function withoutScheme(address: z.output<typeof addressSchema>): z.output<typeof addressSchema> {
  return typeof address === 'string' ? address.replace(/^http:\/\/([^/]+)\/*$/, '$1') : address;
}
