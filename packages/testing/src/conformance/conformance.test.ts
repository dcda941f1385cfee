import type { Duplex } from 'node:stream';
import {
  ConfigError,
  endpoint,
  isFailoverError,
  target,
  type Adapter,
  type Attempt,
  type EndpointId,
  type Member,
  type Observation,
  type Outcome,
  type Runtime,
} from '@failover/core';
import { virtualRuntime } from '@failover/core/virtual';
import { Observable, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Evidence, Operations, RejectedOutcome } from '../workload/index.ts';
import { conformanceChecks, describeConformance } from './describe-conformance.ts';
import { createScene } from './scene.ts';
import type { ConformanceSubject, OperationsContext } from './subject.ts';
import type { RunningTestbed, Testbed } from './testbed.ts';

// A toy backend in virtual time. Members speak lines: WHO → `primary 3 a:1,b:2`, APPEND, INCR, LIST, COUNT. The
// testbed is the electorate: 300 ms after the primary is gone it gives the next member the next epoch.

interface Server {
  readonly address: EndpointId;
  state: 'running' | 'hung' | 'dead';
  epoch: number;
  isPrimary: boolean;
  /** What arrived while it hangs. */
  backlog: (() => void)[];
  close: () => void;
}

const electionMs = 300;

function startToy(members: number, seed: number): RunningTestbed {
  const runtime = virtualRuntime({ seed });
  const lists = new Map<string, string[]>();
  const counters = new Map<string, number>();
  const servers = Array.from({ length: members }, (_, at): Server => ({
    address: endpoint(`10.0.0.${at + 1}:7000`),
    state: 'running',
    epoch: 1,
    isPrimary: at === 0,
    backlog: [],
    close: () => undefined,
  }));
  let epoch = 1;

  function answer(server: Server, [command, key = '', value = '']: readonly string[]): string {
    const role = server.isPrimary ? 'primary' : 'replica';
    if (command === 'WHO')
      return `${role} ${server.epoch} ${servers.map(({ address }) => address).join(',')}`;
    if (!server.isPrimary) return '-READONLY ask the primary';
    if (command === 'LIST') return (lists.get(key) ?? []).join(' ');
    if (command === 'COUNT') return String(counters.get(key) ?? 0);
    if (command === 'APPEND') lists.set(key, [...(lists.get(key) ?? []), value]);
    else counters.set(key, (counters.get(key) ?? 0) + 1);
    return 'OK';
  }

  function listen(server: Server): void {
    server.close = runtime.network.listen(server.address, (socket) => {
      onLines(socket, (line) => {
        const reply = (): void => void socket.write(`${answer(server, line.split(' '))}\n`);
        if (server.state === 'hung') server.backlog.push(reply);
        else reply();
      });
    });
  }
  servers.forEach(listen);

  function elect(): void {
    if (servers.some(({ isPrimary, state }) => isPrimary && state === 'running')) return;
    const next = servers.find(({ state }) => state === 'running');
    if (next === undefined) return;
    epoch += 1;
    for (const server of servers) server.isPrimary = server === next;
    next.epoch = epoch;
  }

  return {
    runtime,
    members: servers.map(({ address }) => address),
    config: { seeds: servers.map(({ address }) => address) },
    wait: (ms) => runtime.advance(ms),
    primary: () =>
      Promise.resolve(servers.find((each) => each.isPrimary && each.state === 'running')?.address),
    inject({ type, member }) {
      const server = servers.find(({ address }) => address === member);
      if (server === undefined || (type !== 'kill' && type !== 'hang'))
        throw new Error(`cannot ${type} ${member}`);
      server.state = type === 'kill' ? 'dead' : 'hung';
      if (type === 'kill') server.close();
      runtime.after(electionMs, elect);
      return Promise.resolve(() => {
        server.state = 'running';
        if (type === 'kill') listen(server);
        for (const reply of server.backlog.splice(0)) reply();
        return Promise.resolve();
      });
    },
    settled: () => runtime.until(() => servers.every(({ state }) => state === 'running'), 10_000),
    readBack: () =>
      Promise.resolve({ lists: Object.fromEntries(lists), counters: Object.fromEntries(counters) }),
    [Symbol.asyncDispose]() {
      for (const { close } of servers) close();
      return Promise.resolve();
    },
  };
}

function onLines(socket: Duplex, listener: (line: string) => void): void {
  let heard = '';
  socket.on('data', (chunk: Buffer) => {
    const lines = (heard + chunk.toString()).split('\n');
    heard = lines.pop() ?? '';
    lines.forEach(listener);
  });
}

/** One connection, answers in the order of the questions. */
function createClient(runtime: Runtime, server: EndpointId) {
  const socket = runtime.connect(server);
  const waiting: ((attempt: Attempt<string>) => void)[] = [];
  const held: string[] = [];
  let state: 'connecting' | 'open' | 'closed' = 'connecting';
  onLines(socket, (line) => {
    const [code = '', ...text] = line.split(' ');
    waiting.shift()?.(
      line.startsWith('-')
        ? { type: 'failed', failure: { type: 'errorReply', code: code.slice(1), text: text.join(' ') } }
        : { type: 'ok', value: line },
    );
  });
  socket.on('connect', () => {
    state = 'open';
    for (const line of held.splice(0)) socket.write(line);
  });
  const fail = (): void => {
    const type = state === 'connecting' ? 'notWritten' : 'connectionLost';
    state = 'closed';
    for (const settle of waiting.splice(0)) settle({ type: 'failed', failure: { type, reason: 'closed' } });
  };
  socket.on('error', fail).on('close', fail);
  return {
    get isClosed() {
      return state === 'closed';
    },
    ask: (line: string) =>
      new Promise<Attempt<string>>((resolve) => {
        if (state === 'closed')
          return resolve({ type: 'failed', failure: { type: 'notWritten', reason: 'closed' } });
        waiting.push(resolve);
        if (state === 'open') socket.write(`${line}\n`);
        else held.push(`${line}\n`);
      }),
    close() {
      fail();
      socket.destroy();
    },
  };
}

interface ToyConfig {
  readonly seeds: readonly EndpointId[];
}
type Heard = ReadonlyMap<EndpointId, string>;

const shard = target('toy', 'primary');
const memberAt = (address: EndpointId): Member => ({ endpoint: address, kind: 'data' });

const toy: Adapter<ToyConfig, string, Heard> = {
  contract: 1,
  backend: 'toy',
  config: {
    schema: {},
    parse(input) {
      const value = (input as { seeds?: unknown } | null | undefined)?.seeds;
      if (Array.isArray(value) && value.length > 0)
        return { seeds: value.map((seed) => endpoint(String(seed))) };
      throw new ConfigError([
        { field: 'seeds', value, problem: 'is no list', fix: 'write seeds: [10.0.0.1:7000]' },
      ]);
    },
  },
  discover: ({ seeds }) =>
    of({ type: 'members', source: 'config', isFresh: false, members: seeds.map(memberAt) }),
  watch: (member, _config, _pace$, runtime) =>
    new Observable((subscriber) => {
      let client: ReturnType<typeof createClient> | undefined;
      let cancel = (): void => undefined;
      let openedAt = 0;
      const ask = async (): Promise<void> => {
        if (client === undefined || client.isClosed) {
          openedAt = runtime.now();
          client = createClient(runtime, member.endpoint);
        }
        const askedAt = runtime.now();
        const tellSilence = (): void => {
          subscriber.next({ type: 'silent', member, openedAt, forMs: runtime.now() - askedAt });
          cancel = runtime.after(200, tellSilence);
        };
        cancel = runtime.after(200, tellSilence);
        const attempt = await client.ask('WHO');
        cancel();
        if (subscriber.closed) return;
        if (attempt.type === 'ok') subscriber.next({ type: 'said', member, openedAt, reply: attempt.value });
        else subscriber.next({ type: 'failed', member, openedAt, reason: attempt.failure.type });
        cancel = runtime.after(50, () => void ask());
      };
      void ask();
      return () => {
        cancel();
        client?.close();
      };
    }),
  rules: {
    init: () => new Map(),
    step(heard, input) {
      if (input.type !== 'said' || heard.get(input.member.endpoint) === input.reply) {
        return { state: heard, observations: [] };
      }
      const { endpoint: server } = input.member;
      const [role = '', epoch = '', peers = ''] = input.reply.split(' ');
      const state = new Map(heard).set(server, input.reply);
      const isPrimary = role === 'primary';
      return {
        state,
        observations: [
          { type: 'targetSeen', target: shard },
          {
            type: 'membersSeen',
            source: server,
            isFresh: true,
            members: peers.split(',').map((at) => memberAt(endpoint(at))),
          },
          { type: 'roleSeen', server, shard: shard.shard, role: isPrimary ? 'primary' : 'replica' },
          ...(isPrimary
            ? [
                {
                  type: 'claimSeen',
                  target: shard.id,
                  server,
                  ground: { type: 'confirmed', epoch: [Number(epoch)] },
                  openedAt: input.openedAt,
                } as const,
              ]
            : []),
        ],
      };
    },
  },
  classify(failure): Outcome {
    if (failure.type === 'notWritten') return { type: 'notSent', reason: failure.reason };
    if (failure.type !== 'errorReply') return { type: 'unknown', reason: failure.type };
    return failure.code === 'READONLY'
      ? { type: 'refused', code: failure.code, isRoleRefusal: true }
      : { type: 'appError', code: failure.code };
  },
};

/** The client under test: one connection for each worker and server, and core decides what is sent again. */
function createOperations({
  cluster,
  runtime,
}: Pick<OperationsContext<ToyConfig>, 'cluster' | 'runtime'>): Promise<Operations & AsyncDisposable> {
  const clients = new Map<object, ReturnType<typeof createClient>>();
  const run = (name: string, line: string, isWrite: boolean, signal: AbortSignal): Promise<string> =>
    cluster.run(
      {
        name,
        traits: { isIdempotent: !isWrite, isWrite, isPinned: false },
        attempt(lease) {
          let client = clients.get(lease);
          if (client === undefined || client.isClosed) {
            const opened = createClient(runtime, lease.server);
            clients.set(lease, (client = opened));
            lease.fenced.addEventListener('abort', () => opened.close());
          }
          return client.ask(line);
        },
      },
      { target: shard.id, signal },
    );
  const done = (): Evidence | undefined => undefined;
  return Promise.resolve({
    append: (list, value, signal) => run('APPEND', `APPEND ${list} ${value}`, true, signal).then(done),
    increment: (counter, signal) => run('INCR', `INCR ${counter}`, true, signal).then(done),
    read: async (list, signal) => {
      const line = await run('LIST', `LIST ${list}`, false, signal);
      return { values: line === '' ? [] : line.split(' ') };
    },
    readCounter: async (counter, signal) => ({
      count: Number(await run('COUNT', `COUNT ${counter}`, false, signal)),
    }),
    outcomeOf: (error): RejectedOutcome => ({
      outcome: isFailoverError(error) && error.code === 'outcome-unknown' ? 'unknown' : 'refused',
    }),
    [Symbol.asyncDispose]() {
      for (const client of clients.values()) client.close();
      return Promise.resolve();
    },
  });
}

const testbed: Testbed = { start: ({ members, seed }) => Promise.resolve(startToy(members, seed)) };
const subject: ConformanceSubject<ToyConfig, string, Heard> = {
  adapter: toy,
  testbed,
  invalidConfigs: [{}, { seeds: [] }, { seeds: 'a:1' }],
  createOperations,
  recoveryMs: 10_000,
};

describeConformance('the toy backend', subject);

describe('conformance', () => {
  async function run(
    titled: RegExp,
    changes: Partial<ConformanceSubject<ToyConfig, string, Heard>>,
  ): Promise<void> {
    const found = conformanceChecks.filter(({ title }) => titled.test(title));
    expect(found).toHaveLength(1);
    await using bed = await testbed.start({ members: 3, seed: 1 });
    await found[0]?.run(createScene({ ...subject, ...changes }, bed));
  }

  const withRules = (step: typeof toy.rules.step) => ({ adapter: { ...toy, rules: { ...toy.rules, step } } });
  const withClassify = (classify: typeof toy.classify) => ({ adapter: { ...toy, classify } });
  const withParse = (parse: typeof toy.config.parse) => ({
    adapter: { ...toy, config: { schema: {}, parse } },
  });
  const withOperations = (change: (operations: Operations & AsyncDisposable) => Partial<Operations>) => ({
    createOperations: async (context: OperationsContext<ToyConfig>) => {
      const operations = await createOperations(context);
      return { ...operations, ...change(operations) };
    },
  });

  const flaws = [
    {
      flaw: 'a monitor that leaves a timer',
      titled: /^completes its streams/,
      changes: {
        adapter: {
          ...toy,
          watch: (...args: Parameters<typeof toy.watch>) => {
            args[3].after(1e9, () => undefined);
            return toy.watch(...args);
          },
        },
      },
      says: /3 timers, 0 connections/,
    },
    {
      flaw: 'a monitor that leaves a connection',
      titled: /^stops every monitor/,
      changes: {
        adapter: {
          ...toy,
          watch: (...args: Parameters<typeof toy.watch>) => {
            args[3].connect(args[0].endpoint);
            return toy.watch(...args);
          },
        },
      },
      says: /0 timers, 3 connections/,
    },
    {
      flaw: 'rules that change their state in place',
      titled: /^has pure rules/,
      changes: withRules((heard, input, now) => {
        const step = toy.rules.step(heard, input, now);
        if (input.type === 'said') (heard as Map<EndpointId, string>).set(input.member.endpoint, input.reply);
        return { ...step, state: heard };
      }),
      says: /changed its arguments/,
    },
    {
      flaw: 'rules that draw lots',
      titled: /^has pure rules/,
      changes: withRules((heard, input, now) => ({
        ...toy.rules.step(heard, input, now),
        wakeAt: now + Math.random(),
      })),
      says: /answered twice and differently/,
    },
    {
      flaw: 'rules that believe the wrong server',
      titled: /^becomes steady/,
      changes: withRules((heard, input, now) => {
        const step = toy.rules.step(heard, input, now);
        const wrong = endpoint('10.0.0.3:7000');
        const lie = (seen: Observation): Observation =>
          seen.type === 'claimSeen' ? { ...seen, server: wrong } : seen;
        return { ...step, observations: step.observations.map(lie) };
      }),
      says: /not within 10000 ms: a steady target/,
    },
    {
      flaw: 'rules that do not follow a successor',
      titled: /primary that was killed/,
      changes: withRules((heard, input, now) =>
        input.type === 'said' && / [2-9] /.test(input.reply)
          ? { state: heard, observations: [] }
          : toy.rules.step(heard, input, now),
      ),
      says: /not within 10000 ms: a steady target/,
    },
    {
      flaw: 'a lost connection that counts as not sent',
      titled: /^gives every failure one outcome/,
      changes: withClassify((failure, traits) =>
        failure.type === 'connectionLost'
          ? { type: 'notSent', reason: failure.reason }
          : toy.classify(failure, traits),
      ),
      says: /connectionLost.* became .*notSent/,
    },
    {
      flaw: 'a lost connection that is sent again',
      titled: /^never sends an operation again/,
      changes: withClassify((failure, traits) =>
        failure.type === 'connectionLost'
          ? { type: 'notSent', reason: failure.reason }
          : toy.classify(failure, traits),
      ),
      says: /Missing expected rejection/,
    },
    {
      flaw: 'a classifier that does not know every word',
      titled: /^gives every failure one outcome/,
      changes: withClassify((failure, traits) => {
        if (failure.type === 'errorReply' && failure.code === '') throw new Error('what?');
        return toy.classify(failure, traits);
      }),
      says: /what\?/,
    },
    {
      flaw: 'a config error without a cure',
      titled: /^names field, value and cure/,
      changes: withParse((input) => {
        try {
          return toy.config.parse(input);
        } catch {
          throw new ConfigError([{ field: 'seeds', value: input, problem: 'is wrong', fix: '' }]);
        }
      }),
      says: /no fix/,
    },
    {
      flaw: 'a config that breaks the parser',
      titled: /^names field, value and cure/,
      changes: withParse((input) => {
        if (input === null) throw new TypeError('cannot read null');
        return toy.config.parse(input);
      }),
      says: /the config null was refused without saying/,
    },
    {
      flaw: 'a config that is accepted',
      titled: /^names field, value and cure/,
      changes: { invalidConfigs: [{ seeds: ['a:1'] }] },
      says: /was accepted/,
    },
    {
      flaw: 'a client that sends again what may have happened',
      titled: /^settles every operation/,
      changes: withOperations(({ append }) => ({
        append: (list, value, signal) => append(list, value, signal).then(() => append(list, value, signal)),
      })),
      says: /silently doubled/,
    },
    {
      flaw: 'a client that forgets an operation',
      titled: /^settles every operation/,
      changes: withOperations(({ increment }) => {
        let calls = 0;
        return {
          increment: (counter, signal) =>
            (calls += 1) === 20 ? new Promise(() => undefined) : increment(counter, signal),
        };
      }),
      says: /operations never settled/,
    },
  ];

  it.each(flaws.map(({ flaw, ...how }) => [flaw, how] as const))(
    'finds %s',
    async (_, { titled, changes, says }) => {
      await expect(run(titled, changes)).rejects.toThrow(says);
    },
  );

  it('does not try operations without a client, and says so', async () => {
    await using bed = await testbed.start({ members: 3, seed: 1 });
    const scene = createScene({ ...subject, createOperations: undefined }, bed);
    const reasons = conformanceChecks
      .map((check) => check.skips?.(scene))
      .filter((reason) => reason !== undefined);
    expect(reasons).toEqual([expect.stringMatching(/createOperations/)]);
  });
});
