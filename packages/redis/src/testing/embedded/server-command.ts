import type { EndpointId, Runtime } from '@failover/core';
import type { RespValue } from '../../protocol/value.ts';
import type { BlockedPops } from './blocked-pops.ts';
import type { Host } from './connection-commands.ts';
import type { DataContext } from './data-command.ts';
import type { DoubleProcess } from './double-process.ts';
import type { Keyspace } from './keyspace.ts';
import type { Replication } from './replication.ts';
import type { Session } from './session.ts';
import type { Waits } from './wait-command.ts';

/** What commands can do with the server. */
export interface ServerCore {
  readonly runtime: Runtime;
  readonly process: DoubleProcess;
  readonly endpoint: EndpointId;
  readonly host: Host;
  readonly databases: readonly Keyspace[];
  readonly replication: Replication;
  readonly blocked: BlockedPops;
  readonly waits: Waits;
  readonly config: Map<string, string>;
  /** For one command of one session; `typed` is what replicas get if nothing else is said. */
  context(session: Session, typed: readonly Buffer[]): DataContext;
  /** Keeps what a restart shall know. */
  rewriteConfig(): void;
  info(sections: readonly string[]): string;
}

/** A command that needs more than keys. `undefined`: it answered, or will. */
export interface ServerCommand {
  readonly arity: number;
  readonly isWrite?: boolean;
  /** Runs at once also inside MULTI. */
  readonly isControl?: boolean;
  run(core: ServerCore, session: Session, args: readonly Buffer[]): RespValue | undefined;
}
