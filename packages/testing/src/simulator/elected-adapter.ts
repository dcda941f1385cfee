import type { Adapter, EndpointId, Member, Observation, Pace, Report } from '@failover/core';
import { classifyLoss, judgeSilence, target, targetId } from '@failover/core';
import { concat, NEVER, Observable, of } from 'rxjs';
import type { ElectedGroup } from './elected-group.ts';
import type { SimulatedConnection } from './simulated-connection.ts';
import { openConnection } from './simulated-connection.ts';

export const electedTarget = targetId('group', 'primary');

export type ElectedReply =
  | { readonly type: 'role'; readonly role: 'primary' | 'replica' }
  | {
      readonly type: 'view';
      readonly primary: EndpointId;
      readonly epoch: number;
      readonly selection: { readonly server: EndpointId; readonly number: number } | undefined;
    };

type View = Extract<ElectedReply, { type: 'view' }>;

export interface ElectedRulesState {
  readonly witnesses: number;
  readonly views: ReadonlyMap<EndpointId, View>;
  readonly named: ReadonlyMap<string, number>;
  /** Who said last that it is primary. */
  readonly primaries: ReadonlySet<EndpointId>;
}

const paceMs: Readonly<Record<Pace, number>> = { idle: 250, alert: 100, fast: 20 };
const silenceMs = 100;

/** An adapter of a backend that exists only in memory: what a test of core needs, and no more. */
export function electedAdapter(group: ElectedGroup): Adapter<undefined, ElectedReply, ElectedRulesState> {
  const members: readonly Member[] = [
    ...group.servers.map((server) => ({ endpoint: server.endpoint, kind: 'data' as const })),
    ...group.witnesses.map((witness) => ({ endpoint: witness.endpoint, kind: 'witness' as const })),
  ];
  return {
    contract: 1,
    backend: 'elected',
    config: { schema: {}, parse: () => undefined },
    discover: () => concat(of({ type: 'members' as const, source: 'config', isFresh: true, members }), NEVER),
    rules: {
      init: () => ({
        witnesses: group.witnesses.length,
        views: new Map(),
        named: new Map(),
        primaries: new Set(),
      }),
      step: (state, input, now) => {
        if (input.type === 'tick') {
          return { state, observations: [{ type: 'targetSeen', target: target('group', 'primary') }] };
        }
        const from = input.member.endpoint;
        if (input.type !== 'said') {
          if (input.member.kind !== 'witness' || !state.views.has(from)) return { state, observations: [] };
          const views = new Map(state.views);
          views.delete(from);
          return { state: { ...state, views }, observations: [] };
        }
        return input.reply.type === 'view'
          ? hearWitness(state, from, input.reply, now)
          : hearServer(state, from, input.reply.role, input.openedAt);
      },
    },
    watch: (member, _config, pace$, runtime) =>
      new Observable<Report<ElectedReply>>((subscriber) => {
        let pace: Pace = 'alert';
        let stop = (): void => undefined;
        const paces = pace$.subscribe((next) => {
          pace = next;
        });
        const again = (ask: () => void): void => {
          // A witness is asked often, since this one pushes nothing.
          const everyMs = member.kind === 'witness' ? paceMs.fast : paceMs[pace];
          stop = runtime.after(everyMs * (0.9 + runtime.random() * 0.2), ask);
        };
        const askWitness = (): void => {
          const witness = group.witnessAt(member.endpoint);
          const openedAt = runtime.now();
          if (witness?.mode === 'alive') {
            const { primary, epoch, selection } = witness;
            subscriber.next({
              type: 'said',
              member,
              openedAt,
              reply: { type: 'view', primary, epoch, selection },
            });
          } else {
            subscriber.next({ type: 'failed', member, openedAt, reason: 'no answer' });
          }
          again(askWitness);
        };
        let connection: SimulatedConnection | undefined;
        const askServer = (): void => {
          if (subscriber.closed) return;
          if (connection === undefined) {
            const startedAt = runtime.now();
            openConnection(
              group,
              runtime,
              member.endpoint,
              (opened) => {
                connection = opened;
                askServer();
              },
              () => {
                subscriber.next({ type: 'failed', member, openedAt: startedAt, reason: 'refused' });
                again(askServer);
              },
            );
            return;
          }
          const used = connection;
          const askedAt = runtime.now();
          let isAnswered = false;
          used.request(
            (server) => server.role,
            (role) => {
              if (subscriber.closed) return;
              isAnswered = true;
              subscriber.next({
                type: 'said',
                member,
                openedAt: used.openedAt,
                reply: { type: 'role', role },
              });
              again(askServer);
            },
            () => {
              if (subscriber.closed) return;
              isAnswered = true;
              connection = undefined;
              subscriber.next({ type: 'failed', member, openedAt: used.openedAt, reason: 'closed' });
              askServer();
            },
          );
          const judge = (dueAt: number): void => {
            if (isAnswered || subscriber.closed) return;
            const verdict = judgeSilence({ askedAt, dueAt, now: runtime.now(), limitMs: silenceMs });
            if (verdict.type === 'silent') {
              subscriber.next({ type: 'silent', member, openedAt: used.openedAt, forMs: verdict.forMs });
            }
            const next = verdict.type === 'wait' ? verdict.at : runtime.now() + 250;
            runtime.after(next - runtime.now(), () => {
              judge(next);
            });
          };
          runtime.after(silenceMs, () => {
            judge(askedAt + silenceMs);
          });
        };
        (member.kind === 'witness' ? askWitness : askServer)();
        return () => {
          paces.unsubscribe();
          stop();
          connection?.close();
        };
      }),
    classify: (failure) =>
      failure.type === 'errorReply'
        ? { type: 'refused', code: failure.code, isRoleRefusal: true }
        : classifyLoss(failure),
  };
}

function hearWitness(
  state: ElectedRulesState,
  from: EndpointId,
  view: View,
  now: number,
): { readonly state: ElectedRulesState; readonly observations: readonly Observation[] } {
  const views = new Map(state.views).set(from, view);
  if (view.selection === undefined) return { state: { ...state, views }, observations: [] };
  const key = `${view.selection.number} ${view.selection.server}`;
  const namedAt = state.named.get(key) ?? now;
  return {
    state: { ...state, views, named: new Map(state.named).set(key, namedAt) },
    observations: [
      {
        type: 'successorNamed',
        target: electedTarget,
        server: view.selection.server,
        namedAt,
        by: from,
        above: newestNamed(views, state.witnesses),
      },
    ],
  };
}

function hearServer(
  state: ElectedRulesState,
  from: EndpointId,
  role: 'primary' | 'replica',
  openedAt: number,
): { readonly state: ElectedRulesState; readonly observations: readonly Observation[] } {
  const seen: Observation = { type: 'roleSeen', server: from, shard: 'group', role };
  if (role === 'replica') {
    if (!state.primaries.has(from)) return { state, observations: [seen] };
    const primaries = new Set(state.primaries);
    primaries.delete(from);
    const gone = {
      type: 'claimWithdrawn',
      target: electedTarget,
      server: from,
      reason: 'it says it is a replica',
    } as const;
    return { state: { ...state, primaries }, observations: [seen, gone] };
  }
  const primaries = new Set(state.primaries).add(from);
  return { state: { ...state, primaries }, observations: [seen, ...claimOf(state, from, openedAt)] };
}

function claimOf(state: ElectedRulesState, from: EndpointId, openedAt: number): readonly Observation[] {
  const claim = { type: 'claimSeen', target: electedTarget, server: from, openedAt } as const;
  const votes = [...state.views.values()].filter((view) => view.primary === from);
  const epoch = Math.max(...votes.map((view) => view.epoch));
  const isConfirmed = votes.filter((view) => view.epoch === epoch).length * 2 > state.witnesses;
  if (isConfirmed) return [{ ...claim, ground: { type: 'confirmed', epoch: [epoch] } }];
  const selected = [...state.views.values()].find((view) => view.selection?.server === from)?.selection;
  const namedAt =
    selected === undefined ? undefined : state.named.get(`${selected.number} ${selected.server}`);
  return namedAt === undefined ? [] : [{ ...claim, ground: { type: 'provisional', namedAt } }];
}

/** The highest epoch that more than half of the witnesses know. */
function newestNamed(views: ReadonlyMap<EndpointId, View>, witnesses: number): readonly number[] | undefined {
  const epochs = [...views.values()].map((view) => view.epoch).sort((a, b) => b - a);
  const epoch = epochs[Math.floor(witnesses / 2)];
  return epoch === undefined ? undefined : [epoch];
}
