import type { Duplex } from 'node:stream';
import type { Observable } from 'rxjs';
import type { ConfigIssue } from './errors.ts';
import type {
  EndpointId,
  Failure,
  FailoverEvent,
  Lease,
  Member,
  Ms,
  Observation,
  Outcome,
  TargetId,
  TopologyDescription,
  Traits,
} from './model/index.ts';
import type { Picker } from './select/index.ts';
import type { HoldCounts, Step } from './execute/index.ts';
import type { Runtime } from './runtime/runtime.ts';

/**
 * THE contract. An adapter teaches core one backend: where its servers may be, how to ask one server, what the
 * answers mean, and what a failure proves. It decides nothing about failover; core decides and knows no backend.
 *
 * `C` is its config, `R` what a server can say to a monitor, `S` what its rules remember.
 */
export interface Adapter<C = unknown, R = unknown, S = unknown> {
  /** Another number is refused at load with a sentence. */
  readonly contract: 1;
  /** Config key and metric label, for example `redis`. */
  readonly backend: string;
  readonly config: ConfigSpec<C>;
  /** ms that an operation may wait for a server: longer than this backend's failover takes. Default 20,000. */
  holdMs?(config: C): number;
  /** Pure: simulated, replayed and mutated without a socket. */
  readonly rules: Rules<C, R, S>;
  /** Where members may be, before any of them was asked. A failure is an emission, never the end. */
  discover(config: C, runtime: Runtime): Observable<MemberList>;
  /**
   * Asks one member again and again, on its own connections, with a deadline on each wait. Never errors, ends
   * only on unsubscribe, and then every socket and timer is gone.
   */
  watch(member: Member, config: C, pace$: Observable<Pace>, runtime: Runtime): Observable<Report<R>>;
  /** The one place where a failure gets its outcome. Total and pure. */
  classify(failure: Failure, traits: Traits): Outcome;
}

export interface ConfigSpec<C> {
  /** JSON Schema for editors and documentation. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** @throws ConfigError with field, value and fix for each problem. */
  parse(input: unknown): C;
}

/** How often a member is asked: `fast` for a named successor, `alert` while a target is not steady. */
export type Pace = 'idle' | 'alert' | 'fast';

export type MemberList =
  | {
      readonly type: 'members';
      readonly source: string;
      readonly isFresh: boolean;
      readonly members: readonly Member[];
    }
  | { readonly type: 'failed'; readonly source: string; readonly reason: string };

/** What a monitor or the data path learnt from one member on one connection. */
export type Report<R> =
  | {
      readonly type: 'said';
      readonly member: Member;
      /** When the connection was opened: its generation. */
      readonly openedAt: Ms;
      readonly reply: R;
      /** From a monitor that measures it: see `health/round-trip`. */
      readonly roundTripMs?: number;
    }
  /** It owes an answer since `forMs` on a connection that stands. */
  | { readonly type: 'silent'; readonly member: Member; readonly openedAt: Ms; readonly forMs: number }
  /** The attempt begun or the connection opened at `openedAt` failed or was closed by the other side. */
  | { readonly type: 'failed'; readonly member: Member; readonly openedAt: Ms; readonly reason: string };

/** The pure fold over one backend's words. It merges witnesses and counts majorities; it fences nothing. */
export interface Rules<C, R, S> {
  init(config: C): S;
  step(state: S, input: Report<R> | Tick, now: Ms): RulesStep<S>;
}

/** Time passed: sent when the `wakeAt` of the last step is due. */
export interface Tick {
  readonly type: 'tick';
}

export interface RulesStep<S> {
  /** The same object if nothing was learnt. */
  readonly state: S;
  readonly observations: readonly Observation[];
  readonly wakeAt?: Ms | undefined;
}

/** All that a client or a gateway may ask of core. */
export interface Cluster extends AsyncDisposable {
  /** Replays the current value. Never errors; completes when the cluster is closed. */
  readonly topology$: Observable<TopologyDescription>;
  readonly events$: Observable<FailoverEvent>;
  /** The current belief, without subscribing. */
  readonly topology: TopologyDescription;
  /** Hot path: synchronous, prebuilt objects. `undefined` means: hold. */
  lease(target: TargetId, picker?: Picker): Lease | undefined;
  /**
   * Waits for a lease, first come first served, within bounds.
   * @throws NotSentError at once if the hold is full, later if its time is up, the target is given up, or closed.
   */
  hold(target: TargetId, request: HoldRequest, picker?: Picker): Promise<Lease>;
  /** Calls back after each grant, fence and state change of the target. */
  onChange(target: TargetId, listener: () => void): () => void;
  /** The one retry decision, charged to the cluster's retry budget. */
  nextStep(target: TargetId, outcome: Outcome, traits: Traits, deadline: Ms): Step;
  /** Counts operations of the data path, for the retry budget and the metrics. Batched by the caller. */
  countOperations(target: TargetId, outcome: Outcome['type'], count: number): void;
  /** Tells how many unanswered operations a lost connection left unknown. */
  reportUnknown(target: TargetId, server: EndpointId, count: number, reason: string): void;
  /** Tells how many operations with an unknown outcome go again, because that was declared to be wanted. */
  reportResent(target: TargetId, server: EndpointId, count: number, reason: string): void;
  /** Tells of a client's subscriptions that they stand again, and since when they did not. */
  reportGap(target: TargetId, server: EndpointId, subscriptions: number, from: Ms): void;
  /** Tells of a client that was closed because it did not read, and how many there were since this was told before. */
  reportSlow(target: TargetId, address: string, unreadBytes: number, count: number): void;
  run<T>(operation: Operation<T>, options: RunOptions): Promise<T>;
  /** Evidence from the data path goes through the rules like any other. */
  report(report: Report<unknown>): void;
  /** Counts since the cluster was created, for metrics: read on demand. */
  readonly stats: ReadonlyMap<TargetId, TargetStats>;
}

export interface TargetStats {
  readonly outcomes: Readonly<Record<Outcome['type'], number>>;
  readonly resent: number;
  readonly hold: HoldCounts;
}

export interface HoldRequest {
  readonly bytes: number;
  /** Operations, at least 1. */
  readonly count: number;
  /** Absolute, on the runtime's clock. The hold ends at the earlier of this and the hold window. */
  readonly deadline?: Ms | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One try on one server: resolves with the value, or tells how it failed. */
export type Attempt<T> =
  | { readonly type: 'ok'; readonly value: T }
  | { readonly type: 'failed'; readonly failure: Failure; readonly cause?: unknown };

export interface Operation<T> {
  readonly name: string;
  readonly traits: Traits;
  /** The signal aborts when the lease is fenced, the caller gives up, or the time is over: tell then how far it came. */
  attempt(lease: Lease, signal: AbortSignal): Promise<Attempt<T>>;
}

export interface RunOptions {
  readonly target: TargetId;
  readonly picker?: Picker;
  /** ms from now, default the hold window. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** The wire protocol on localhost. The proxy owns accept, limits and drain; the adapter gets byte streams. */
export interface Gateway<C = unknown> {
  readonly adapter: Adapter<C>;
  /** The roles a listener can ask for, the first is the default. */
  readonly roles: readonly string[];
  /** Cross-checks what only the gateway needs. */
  checkListener?(listener: { readonly role: string }, config: C): readonly ConfigIssue[];
  open(cluster: Cluster, config: C, runtime: Runtime): GatewaySession;
}

export interface GatewaySession extends AsyncDisposable {
  /** Serves one client until it or we are done. Never rejects: a client's error ends that client. */
  serve(client: Duplex, at: ServeContext): Promise<void>;
  /** Numbers for the admin page and the metrics, read on demand. */
  readonly counters: Readonly<Record<string, number>>;
}

export interface ServeContext {
  readonly role: string;
  /** Where the client came from, for logs. */
  readonly address: string;
  /** Where it reached us; undefined on a Unix socket. */
  readonly reachedAt?: EndpointId | undefined;
  /** Aborts when the listener drains: finish what is in flight, take nothing new, end. */
  readonly drain: AbortSignal;
}
