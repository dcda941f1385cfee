import type { ConfigIssue, ConfigSpec, EndpointId, Seed, TlsOptions } from '@failover/core';
import {
  addressMap,
  ConfigError,
  configIssues,
  readTls,
  secretFromFile,
  seedList,
  withoutUndefined,
} from '@failover/core';
import { z } from 'zod';
import type { ClientUser } from './client-users.ts';
import { clientUsers, readClientUsers, withoutPasswords } from './client-users.ts';

const address = z
  .union([
    z.string(),
    z.strictObject({ host: z.string().min(1), port: z.int().min(1).max(65_535).optional() }),
  ])
  .describe('host:port');
const pem = z.union([z.string(), z.instanceof(Uint8Array)]);
const tls = z.union([
  z.boolean(),
  z.strictObject({
    caFile: z.string().min(1).optional().describe('A file with the certificates that are trusted, in PEM.'),
    certFile: z.string().min(1).optional().describe('Our own certificate, in PEM, if servers ask for one.'),
    keyFile: z.string().min(1).optional(),
    ca: pem.optional().describe('As caFile, in process.'),
    cert: pem.optional(),
    key: pem.optional(),
    passphrase: z.string().optional(),
    servername: z
      .string()
      .min(1)
      .optional()
      .describe('The name in the certificates, if it is not the host: Sentinels often tell addresses.'),
    rejectUnauthorized: z.boolean().default(true),
  }),
]);
const ms = z.int().min(1).max(3_600_000);

const schema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9._-]+$/)
    .optional()
    .describe(
      'The master name that the Sentinels watch. Needed with `sentinels`; else a label, default redis.',
    ),
  sentinels: z
    .array(address)
    .min(1)
    .readonly()
    .optional()
    .describe(
      'Sentinels to begin with, port 26379 if none is given; or where to find them: dns:HOST:PORT, srv:NAME, file:PATH.',
    ),
  servers: z
    .array(address)
    .min(1)
    .readonly()
    .optional()
    .describe(
      'All servers of a replication without Sentinel, port 6379 if none is given; or where to find them, as above.',
    ),
  cluster: z
    .array(address)
    .min(1)
    .readonly()
    .optional()
    .describe(
      'Nodes of a Redis Cluster to begin with, port 6379 if none is given; or where to find them, as above.',
    ),
  username: z.string().min(1).optional().describe('ACL user on the servers.'),
  password: z.string().min(1).optional(),
  passwordFile: z.string().min(1).optional().describe('A file whose first line is the password.'),
  clients: clientUsers
    .optional()
    .describe(
      'Users of the gateway itself. With them every client must log in here, and is `username` to the servers.',
    ),
  sentinelUsername: z.string().min(1).optional().describe('ACL user on the Sentinels.'),
  sentinelPassword: z.string().min(1).optional(),
  sentinelPasswordFile: z.string().min(1).optional().describe('A file whose first line is that password.'),
  tls: tls.default(false).describe('TLS to the servers; true trusts the authorities of the machine.'),
  sentinelTls: tls.default(false).describe('TLS to the Sentinels, apart from that to the servers.'),
  addresses: z
    .record(z.string().regex(/:\d{1,5}$/), z.string())
    .default({})
    .describe(
      'From the addresses that Sentinels and servers tell of each other to those that you can reach, each host:port.',
    ),
  db: z.int().min(0).max(1_000_000).default(0),
  promotion: z
    .enum(['selected', 'announced'])
    .default('selected')
    .describe(
      'Use the successor when it says that it is primary, or wait for the announcement (0.75 to 0.9 s more).',
    ),
  onMinority: z
    .enum(['allow', 'fence'])
    .default('allow')
    .describe('When fewer than half of the Sentinels can be heard: go on, or hold all writes.'),
  downAfterMs: ms
    .optional()
    .describe('down-after-milliseconds of the Sentinels, or cluster-node-timeout; sizes the hold window.'),
  holdMs: ms
    .optional()
    .describe('ms an operation may wait for a primary; default downAfterMs + 10000, at most 60000.'),
  staleReplicaMs: ms
    .default(10_000)
    .describe('ms that a replica goes on serving readers after it lost its primary.'),
  replicaPreference: z
    .enum(['nearest', 'any'])
    .default('nearest')
    .describe('Which replicas serve readers: those about as near as the nearest, or all in turn.'),
  replicaFallback: z
    .enum(['primary', 'none'])
    .default('primary')
    .describe('Who serves readers while there is no replica: the primary, or nobody, so that they wait.'),
  sharedCommands: z
    .array(z.string().regex(/^[A-Za-z0-9._-]{1,20}$/))
    .max(1000)
    .readonly()
    .default([])
    .describe(
      'Commands, as of modules, that leave no state on a connection and may share one; else an unknown command gets one for itself.',
    ),
  maxReplicaLagBytes: z
    .int()
    .min(0)
    .optional()
    .describe(
      'Bytes of replication that a replica may be behind and still serve readers; without it any number.',
    ),
  waitReplicas: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe(
      'A write is acknowledged only when so many replicas have it (WAIT); what too few have in time is told as unknown.',
    ),
  waitTimeoutMs: ms.default(200).describe('ms that `waitReplicas` may take.'),
  connectTimeoutMs: ms.default(1000).describe('ms until an attempt to connect is given up.'),
});

type Written = z.input<typeof schema>;
type Lists = Pick<Written, 'sentinels' | 'servers' | 'cluster' | 'clients' | 'sharedCommands'>;

/** What a user writes, in process and in YAML. A list may be readonly; the schema alone would refuse that. */
export type RedisOptions = Omit<Written, keyof Lists> & {
  readonly [K in keyof Lists]: Readonly<Lists[K]>;
};

/** Checked and complete. Exactly one of `sentinels`, `servers` and `cluster` has members. */
export interface RedisConfig {
  readonly name: string;
  readonly sentinels: readonly Seed[];
  readonly servers: readonly Seed[];
  readonly cluster: readonly Seed[];
  readonly username?: string;
  readonly password?: string;
  /** Undefined: servers decide whom they know. */
  readonly clients?: readonly ClientUser[];
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
  /** Undefined: plain TCP. */
  readonly tls?: TlsOptions;
  readonly sentinelTls?: TlsOptions;
  readonly addresses: ReadonlyMap<string, EndpointId>;
  readonly db: number;
  readonly promotion: 'selected' | 'announced';
  readonly onMinority: 'allow' | 'fence';
  readonly holdMs: number;
  readonly staleReplicaMs: number;
  readonly replicaPreference: 'nearest' | 'any';
  readonly replicaFallback: 'primary' | 'none';
  readonly sharedCommands: readonly string[];
  /** Undefined: no bound. */
  readonly maxReplicaLagBytes?: number;
  /** Undefined: a write is done when the primary says so. */
  readonly waitReplicas?: number;
  readonly waitTimeoutMs: number;
  readonly connectTimeoutMs: number;
}

/** Sentinel's own default for down-after-milliseconds. */
const defaultDownAfterMs = 30_000;

export const redisConfig: ConfigSpec<RedisConfig> = {
  schema: z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }),
  parse(input) {
    const parsed = schema.safeParse(input);
    if (!parsed.success)
      throw new ConfigError(
        parsed.error.issues
          .flatMap((issue) => configIssues(issue, input))
          .map((issue) => withoutPasswords('clients', issue)),
      );
    const issues: ConfigIssue[] = crossFieldIssues(parsed.data);
    const { downAfterMs, holdMs, passwordFile, sentinelPasswordFile, ...rest } = parsed.data;
    const secret = (
      field: string,
      path: string | undefined,
      written: string | undefined,
    ): string | undefined => (path === undefined ? written : secretFromFile(field, path, issues));
    const config = {
      ...rest,
      name: rest.name ?? 'redis',
      sentinels: seedList('sentinels', rest.sentinels, 26_379, issues),
      servers: seedList('servers', rest.servers, 6379, issues),
      cluster: seedList('cluster', rest.cluster, 6379, issues),
      addresses: addressMap('addresses', rest.addresses, 6379, issues),
      password: secret('passwordFile', passwordFile, rest.password),
      sentinelPassword: secret('sentinelPasswordFile', sentinelPasswordFile, rest.sentinelPassword),
      clients: rest.clients === undefined ? undefined : readClientUsers('clients', rest.clients, issues),
      tls: readTls('tls', rest.tls, issues),
      sentinelTls: readTls('sentinelTls', rest.sentinelTls, issues),
      holdMs: holdMs ?? Math.min(60_000, (downAfterMs ?? defaultDownAfterMs) + 10_000),
    };
    if (issues.length > 0) throw new ConfigError(issues);
    return withoutUndefined(config);
  },
};

function crossFieldIssues(options: z.output<typeof schema>): ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  const add = (field: string, problem: string, fix: string, value?: unknown): void => {
    issues.push({ field, value, problem, fix });
  };
  const [begin, ...others] = (['sentinels', 'servers', 'cluster'] as const).filter(
    (field) => options[field] !== undefined,
  );
  if (begin === undefined) {
    add(
      'sentinels',
      'nothing says where the servers are',
      'list the Sentinels, or `servers` without Sentinel, or nodes of a Redis `cluster`',
    );
  }
  for (const field of others) {
    const fix = 'remove one: Sentinels and nodes of a cluster list the servers themselves';
    add(field, `cannot stand beside ${begin ?? ''}`, fix, options[field]);
  }
  if (options.cluster !== undefined && options.db !== 0) {
    add('db', 'is not 0, and a Redis Cluster has no other', 'remove it', options.db);
  }
  if (options.sentinels !== undefined && options.name === undefined) {
    add('name', 'is missing', 'write the master name of `sentinel monitor NAME …`, for example mymaster');
  }
  if (options.password !== undefined && options.passwordFile !== undefined) {
    add('passwordFile', 'cannot stand beside password', 'remove one of them', options.passwordFile);
  }
  if (options.username !== undefined && (options.password ?? options.passwordFile) === undefined) {
    add('username', 'has no password', 'add password or passwordFile', options.username);
  }
  const sentinelSecret = options.sentinelPassword ?? options.sentinelPasswordFile;
  if (options.sentinelUsername !== undefined && sentinelSecret === undefined) {
    const fix = 'add sentinelPassword or sentinelPasswordFile';
    add('sentinelUsername', 'has no password', fix, options.sentinelUsername);
  }
  if (options.sentinelPassword !== undefined && options.sentinelPasswordFile !== undefined) {
    const problem = 'cannot stand beside sentinelPassword';
    add('sentinelPasswordFile', problem, 'remove one of them', options.sentinelPasswordFile);
  }
  return issues;
}
