import type { EndpointId } from '@failover/core';
import type { CommandArgument } from '../../protocol/encode.ts';
import { error, simple, type RespValue } from '../../protocol/value.ts';
import { createBlockedPops, popped } from './blocked-pops.ts';
import { commandTable, type KnownCommand } from './command-table.ts';
import { createServerConfig } from './config-command.ts';
import { hasArity, unknownCommand, wrongArity, type Host } from './connection-commands.ts';
import { CommandError, type DataContext } from './data-command.ts';
import type { DoubleProcess } from './double-process.ts';
import { infoText } from './info.ts';
import { createKeyspace, type Keyspace } from './keyspace.ts';
import { popOne } from './list-commands.ts';
import { isSubscriber } from './pubsub.ts';
import { createReplication, randomId } from './replication.ts';
import { createRespListener } from './resp-listener.ts';
import type { ServerCore } from './server-command.ts';
import type { Command, Session } from './session.ts';
import { snapshotOf } from './snapshot.ts';
import { createWaits } from './wait-command.ts';

export interface DoubleServerOptions {
  readonly process: DoubleProcess;
  readonly endpoint: EndpointId;
  readonly master?: EndpointId | undefined;
  readonly password?: string | undefined;
  /** ms between a write and its way to the replicas, default 1. A write that a kill catches there is lost. */
  readonly replicationDelayMs?: number | undefined;
  /** CONFIG REWRITE: what a restart shall begin with. */
  readonly onRewrite?: ((master: EndpointId | undefined) => void) | undefined;
}

export const doubleVersion = '7.0.15';
const databaseCount = 16;
const readOnly = "READONLY You can't write against a read only replica.";

/** A Redis server at protocol level: data, replication and roles, as far as clients and Sentinels look. */
export async function startDoubleServer(options: DoubleServerOptions): Promise<void> {
  const { process, endpoint, password } = options;
  const { runtime } = process;
  const runId = randomId(runtime);
  const startedAt = runtime.now();
  const databases: readonly Keyspace[] = Array.from({ length: databaseCount }, createKeyspace);

  const listener = createRespListener({
    process,
    endpoint,
    needsPassword: password !== undefined,
    onCommand: execute,
    onClose(session) {
      blocked.forget(session);
      waits.forget(session);
      replication.detach(session);
    },
  });

  /** Runs what the master sends. */
  const fromMaster: Pick<Session, 'db'> & { queued: Command[] | undefined } = { db: 0, queued: undefined };
  const replication = createReplication({
    runtime,
    endpoint,
    password,
    delayMs: options.replicationDelayMs ?? 1,
    snapshot: () => snapshotOf(databases, runtime.now()),
    clear() {
      fromMaster.queued = undefined;
      for (const keys of databases) keys.clear();
    },
    apply: applyFromMaster,
    onAcknowledged: () => waits.check(),
    dropReplicas: (sessions) => sessions.forEach(listener.drop),
  });
  const host: Host = {
    version: doubleVersion,
    mode: 'standalone',
    role: () => (replication.master === undefined ? 'master' : 'replica'),
    password,
    sessions: listener.sessions,
    drop: listener.drop,
  };
  const blocked = createBlockedPops(
    runtime,
    ({ session, keys, end }) => {
      for (const key of keys) {
        const context = core.context(session, []);
        // A key of another type does not end the wait.
        if (context.keys.get(key.toString('latin1'), runtime.now())?.type !== 'list') continue;
        const item = popOne(context, key, end);
        if (item === undefined) continue;
        context.changed([end === 'left' ? 'LPOP' : 'RPOP', key]);
        return popped(key, item);
      }
      return undefined;
    },
    listener.proceed,
  );
  const waits = createWaits(runtime, () => replication, listener.proceed);
  const core: ServerCore = {
    runtime,
    process,
    endpoint,
    host,
    databases,
    replication,
    blocked,
    waits,
    config: createServerConfig(endpoint),
    context: (session, typed) => ({
      ...contextOf(session.db),
      changed(...instead) {
        for (const command of instead.length > 0 ? instead : [typed]) append(session, command);
      },
    }),
    rewriteConfig: () => options.onRewrite?.(replication.master),
    info: (sections) =>
      infoText(
        {
          endpoint,
          runId,
          version: doubleVersion,
          now: runtime.now(),
          startedAt,
          clients: listener.sessions().length,
          keyCounts: databases.map((keys) => keys.keys(runtime.now()).length),
          replication,
        },
        sections,
      ),
  };
  const commands = commandTable(runOne);
  let openTransaction: Session | undefined;

  function contextOf(db: number): Omit<DataContext, 'changed'> {
    return { keys: databases[db] ?? createKeyspace(), now: runtime.now() };
  }

  function append(session: Session, command: readonly CommandArgument[]): void {
    // Replicas run a transaction whole or not at all.
    if (session.transaction !== undefined && openTransaction !== session) {
      openTransaction = session;
      replication.append(session.db, ['MULTI']);
    }
    replication.append(session.db, command);
    session.writtenOffset = replication.offset;
  }

  function refusal(
    session: Session,
    command: Command,
    known: KnownCommand | undefined,
  ): RespValue | undefined {
    if (known === undefined) return unknownCommand(command);
    if (!hasArity(known.arity, command.args)) return wrongArity(command.name);
    if (!session.isAuthenticated && !known.isOpen) return error('NOAUTH Authentication required.');
    const isWrite =
      known.isWrite ||
      (command.name === 'exec' &&
        session.transaction?.commands.some(({ name }) => commands.get(name)?.isWrite));
    if (replication.master !== undefined && isWrite === true) return error(readOnly);
    if (isSubscriber(session) && !known.isForSubscribers) {
      return error(
        `ERR Can't execute '${command.name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context`,
      );
    }
    return undefined;
  }

  function execute(session: Session, command: Command): void {
    const known = commands.get(command.name);
    const problem = refusal(session, command, known);
    if (problem !== undefined) {
      session.reply(rejected(session, command, problem));
    } else if (session.transaction !== undefined && known?.isControl !== true) {
      session.transaction.commands.push(command);
      session.reply(simple('QUEUED'));
    } else {
      const reply = runOne(session, command);
      if (openTransaction !== undefined) {
        openTransaction = undefined;
        replication.append(session.db, ['EXEC']);
      }
      if (reply !== undefined && !session.isReplicaLink) session.reply(reply);
      blocked.serve();
    }
  }

  function rejected(session: Session, command: Command, problem: RespValue): RespValue {
    const { transaction } = session;
    if (transaction === undefined || problem.type !== 'error') return problem;
    if (command.name !== 'exec') {
      transaction.isBroken = true;
      return problem;
    }
    session.transaction = undefined;
    session.watched.clear();
    return error(`EXECABORT Transaction discarded because of: ${problem.text}`);
  }

  function runOne(session: Session, command: Command): RespValue | undefined {
    try {
      return commands.get(command.name)?.run(core, session, command);
    } catch (problem) {
      if (problem instanceof CommandError) return error(problem.message);
      throw problem;
    }
  }

  function applyFromMaster(words: readonly Buffer[]): void {
    const typed = words[0]?.toString('latin1') ?? '';
    const command: Command = { name: typed.toLowerCase(), typed, args: words.slice(1) };
    if (command.name === 'multi') fromMaster.queued = [];
    else if (command.name === 'exec') {
      const queued = fromMaster.queued ?? [];
      fromMaster.queued = undefined;
      queued.forEach(applyOne);
    } else if (fromMaster.queued !== undefined) fromMaster.queued.push(command);
    else applyOne(command);
  }

  function applyOne(command: Command): void {
    if (command.name === 'select') fromMaster.db = Number(command.args[0]?.toString('latin1'));
    else
      commands
        .get(command.name)
        ?.apply?.(core, { ...contextOf(fromMaster.db), changed: () => undefined }, command);
  }

  if (options.master !== undefined) replication.follow(options.master);
  await listener.start();
}
