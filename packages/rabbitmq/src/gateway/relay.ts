import type { Cancel, ClientStream, Lease, Ms, Picker } from '@failover/core';
import { isTransientClose } from '../protocol/close-reason.ts';
import { decodeMethod } from '../protocol/decode.ts';
import { encodeMethod } from '../protocol/encode.ts';
import {
  FrameError,
  channelAt,
  frameType,
  heartbeatFrame,
  methodIdAt,
  protocolHeader,
} from '../protocol/frame.ts';
import type { Credentials, Tuned } from '../protocol/login.ts';
import { lowerLimit } from '../protocol/login.ts';
import type { Method } from '../protocol/methods.ts';
import { methodId } from '../protocol/methods.ts';
import { replyCode } from '../protocol/reply-code.ts';
import { createFrameScanner } from '../protocol/scan.ts';
import type { Table } from '../protocol/table.ts';
import { leaderPreferred } from '../select-leader.ts';
import { emptyLog } from '../session/topology-log.ts';
import { createChannel } from './channel.ts';
import { forgetChannel } from './close-channel.ts';
import type { ClientEar, Connection, GatewayContext } from './connection.ts';
import { declareAgain } from './declare-again.ts';
import { closing, tellClient } from './frames.ts';
import { expirePublishes } from './expire.ts';
import { fromClient } from './from-client.ts';
import { fromNode } from './from-node.ts';
import { can, offerTo, propertiesFor, startFrame } from './greeting.ts';
import { loseChannel, withoutConsumer } from './lose-channel.ts';
import { createOutbox } from './outbox.ts';
import { isOurs } from './request.ts';
import { finishRestore, restoreChannel } from './restore.ts';
import type { KnownProperties } from './server-properties.ts';
import type { Spare } from './spare.ts';
import { createSpare, hearOn, tryOn } from './spare.ts';
import { owedTooLong } from './suspect.ts';
import type { Upstream, UpstreamEnd } from './upstream.ts';
import { openUpstream } from './upstream.ts';

/** One client's connection, from its first byte to its last. */
export interface Relay {
  /** Heartbeats and silence, both ways. To be called about ten times a second. */
  look(now: Ms): void;
  /** Takes nothing new and ends when what is under way is done. */
  drain(): void;
  close(): void;
}

export interface RelayOptions {
  readonly gateway: GatewayContext;
  readonly client: ClientStream;
  readonly address: string;
  readonly ear?: ClientEar;
  /** How many clients there are, so that they do not all dial at once. */
  crowd(): number;
  readonly properties: KnownProperties;
  onClosed(): void;
}

type Phase = 'header' | 'start' | 'authenticating' | 'tuning' | 'opening' | 'running' | 'closing' | 'over';

/** ms before the next node is dialled; the first is dialled at once. */
const redialMs = { first: 20, most: 1000 };
/** ms for each client beside us that a first dial waits at most: a killed node's clients spread over this. */
const crowdMs = 0.25;
const maxCrowdMs = 250;
/** ms for a client to answer our close. */
const closeWithinMs = 2000;
const openId = methodId('channel.open');
/** Among its properties a client can name the queue whose leader it would best be connected to. */
const preferLeaderProperty = 'failover_prefer_leader_of';

export function createRelay(options: RelayOptions): Relay {
  const { gateway, client } = options;
  const { cluster, config, counters, runtime, target } = gateway;
  const scanner = createFrameScanner(128 * 1024);
  const outbox = createOutbox();
  const timers = new Set<Cancel>();
  const stop = new AbortController();

  let phase: Phase = 'header';
  let head = Buffer.alloc(0);
  let credentials: Credentials | undefined;
  let clientProperties: Table = {};
  let vhost: string | undefined;
  let picker: Picker | undefined;
  let offered: Tuned | undefined;
  let agreed: Tuned = { frameMax: 0, channelMax: 0, heartbeatS: 0 };
  /** The connection to a node that is being opened, or is open. */
  let dialled: Upstream | undefined;
  /** A second one, while the first owes an answer for too long. */
  let spare: Spare | undefined;
  /** Since when no node is behind the client. */
  let downSince: Ms | undefined;
  let isDialling = false;
  let failures = 0;
  let lastServer: Lease['server'] | undefined;
  let isFlushDue = false;
  let isPaused = false;
  let isUpstreamPaused = false;
  let wroteAt = runtime.now();
  let heardAt = wroteAt;
  let isDraining = false;
  let owesSecretOk = false;

  const write = (bytes: Buffer): void => {
    client.write(bytes);
  };

  function flush(): void {
    isFlushDue = false;
    if (phase === 'over' || outbox.isEmpty) return;
    wroteAt = runtime.now();
    outbox.flush(write);
    if (client.writableNeedDrain && !isUpstreamPaused && dialled !== undefined) {
      isUpstreamPaused = true;
      dialled.pause();
    }
  }

  const connection: Connection = {
    gateway,
    channels: new Map(),
    upstreamChannels: new Map(),
    upstream: undefined,
    log: emptyLog,
    clientFrameMax: 0,
    hears: { cancel: false, blocked: false },
    isBlocked: false,
    unconfirmedBytes: 0,
    heldBytes: 0,
    full: new Set(),
    isDeclaring: false,
    isOver: false,
    ear: options.ear,
    toClient(bytes, from, to) {
      outbox.append(bytes, from, to);
      if (isFlushDue) return;
      isFlushDue = true;
      process.nextTick(flush);
    },
    refuse(code, text) {
      if (phase === 'closing' || phase === 'over') return;
      counters.protocolErrors += 1;
      closeClient(code, text);
    },
    after,
    onHeld: balance,
  };

  function after(ms: number, callback: () => void): void {
    const cancel = runtime.after(ms, () => {
      timers.delete(cancel);
      callback();
    });
    timers.add(cancel);
  }

  /** Reads from the client as long as there is room for what it sends. */
  function balance(): void {
    const { heldBytes } = connection;
    const isFull =
      dialled?.isBlocked === true ||
      heldBytes > config.maxHeldBytes ||
      (isPaused && heldBytes > config.maxHeldBytes / 2);
    if (isFull === isPaused || phase === 'over') return;
    isPaused = isFull;
    if (isFull) client.pause();
    else {
      // What it could not send meanwhile is no silence.
      heardAt = runtime.now();
      client.resume();
    }
  }

  // ── from the client ──────────────────────────────────────────────────────────────────────────────────────────────

  function onData(chunk: Buffer): void {
    if (phase === 'over') return;
    heardAt = runtime.now();
    try {
      const rest = phase === 'header' ? readHeader(chunk) : chunk;
      if (rest !== undefined) scanner.feed(rest, onFrame);
    } catch (cause) {
      if (cause instanceof FrameError)
        connection.refuse(replyCode.frameError, `FRAME_ERROR - ${cause.message}`);
      else fail(cause);
    }
    balance();
  }

  /** A fault of ours ends this client and nobody else. */
  function fail(cause: unknown): void {
    runtime.log('error', 'a client had to be closed', { address: options.address, error: messageOf(cause) });
    closeClient(replyCode.internalError, 'INTERNAL_ERROR - failover: see its log');
  }

  function readHeader(chunk: Buffer): Buffer | undefined {
    head = Buffer.concat([head, chunk]);
    if (head.length < protocolHeader.length && protocolHeader.subarray(0, head.length).equals(head))
      return undefined;
    if (!head.subarray(0, protocolHeader.length).equals(protocolHeader)) {
      // Another protocol, or another version of ours: told what is spoken here, as the specification wants it.
      counters.protocolErrors += 1;
      client.write(protocolHeader);
      end();
      return undefined;
    }
    phase = 'start';
    options.properties.get((properties) => {
      if (phase !== 'start') return;
      const start = startFrame(properties);
      connection.toClient(start, 0, start.length);
    });
    const rest = head.subarray(protocolHeader.length);
    head = Buffer.alloc(0);
    return rest;
  }

  function onFrame(bytes: Buffer, from: number, to: number): boolean {
    if (bytes[from] === frameType.heartbeat) return true;
    const number = channelAt(bytes, from);
    if (number === 0 || phase !== 'running') {
      if (bytes[from] === frameType.method) hear(decodeMethod(bytes, from, to), bytes.subarray(from, to));
      return phase !== 'over';
    }
    const channel = connection.channels.get(number);
    if (channel !== undefined) fromClient(connection, channel, bytes, from, to);
    else if (bytes[from] === frameType.method) openChannel(number, methodIdAt(bytes, from));
    return (phase as Phase) !== 'over';
  }

  function openChannel(number: number, id: number): void {
    if (id !== openId) {
      // Late frames of a channel that was closed on both sides are no offence.
      if (id !== methodId('channel.close-ok'))
        connection.refuse(replyCode.channelError, "CHANNEL_ERROR - expected 'channel.open'");
      return;
    }
    if (agreed.channelMax !== 0 && number > agreed.channelMax) {
      const text = `NOT_ALLOWED - channel ${number} is above the negotiated channel_max (${agreed.channelMax})`;
      connection.refuse(replyCode.notAllowed, text);
      return;
    }
    const channel = createChannel(number, runtime.now());
    connection.channels.set(number, channel);
    counters.channels += 1;
    if (connection.upstream !== undefined) restoreChannel(connection, channel);
  }

  /** Methods on channel 0, and all until the connection is open. */
  function hear(method: Method, frame: Buffer): void {
    if (method.name === 'connection.close') {
      closedByClient();
      return;
    }
    switch (phase) {
      case 'start':
        if (method.name !== 'connection.start-ok') break;
        begin(method);
        return;
      case 'tuning':
        if (method.name === 'connection.tune-ok') tune(method);
        else if (method.name === 'connection.open') open(method.virtualHost);
        else break;
        return;
      case 'running':
        if (method.name !== 'connection.update-secret') break;
        updateSecret(method.newSecret, frame);
        return;
      case 'closing':
        if (method.name === 'connection.close-ok') end();
        return;
      case 'header':
      case 'authenticating':
      case 'opening':
      case 'over':
        break;
    }
    connection.refuse(replyCode.commandInvalid, `COMMAND_INVALID - ${method.name} does not belong here`);
  }

  function begin(startOk: Extract<Method, { readonly name: 'connection.start-ok' }>): void {
    const { mechanism, response } = startOk;
    if (mechanism !== 'PLAIN' && mechanism !== 'AMQPLAIN') {
      // Nothing else can be said again to another node on the client's behalf.
      closeClient(
        replyCode.accessRefused,
        `ACCESS_REFUSED - failover: mechanism ${mechanism} is not offered`,
      );
      return;
    }
    clientProperties = startOk.clientProperties;
    const wished = clientProperties[preferLeaderProperty];
    if (typeof wished === 'string') picker = leaderPreferred(config.vhost, wished);
    credentials = { mechanism, response: Buffer.from(response) };
    connection.hears = {
      cancel: can(clientProperties, 'consumer_cancel_notify'),
      blocked: can(clientProperties, 'connection.blocked'),
    };
    phase = 'authenticating';
    void dial();
  }

  function tune(tuneOk: Extract<Method, { readonly name: 'connection.tune-ok' }>): void {
    const offer = offerTo(offered ?? agreed);
    agreed = {
      frameMax: lowerLimit(offer.frameMax, tuneOk.frameMax),
      channelMax: lowerLimit(offer.channelMax, tuneOk.channelMax),
      heartbeatS: tuneOk.heartbeat,
    };
    connection.clientFrameMax = agreed.frameMax;
    scanner.setFrameMax(agreed.frameMax === 0 ? Number.MAX_SAFE_INTEGER : agreed.frameMax);
  }

  function open(name: string): void {
    vhost = name;
    phase = 'opening';
    if (dialled !== undefined && offered !== undefined) dialled.open(name, agreedWith(offered));
    else void dial();
  }

  function updateSecret(newSecret: Buffer, frame: Buffer): void {
    const [, user = ''] = credentials?.response.toString().split('\0') ?? [];
    if (credentials?.mechanism === 'PLAIN') {
      credentials = { mechanism: 'PLAIN', response: Buffer.from(`\0${user}\0${newSecret.toString()}`) };
    }
    owesSecretOk = true;
    connection.upstream?.append(frame, 0, frame.length);
  }

  function closedByClient(): void {
    if (phase === 'closing') {
      tellClient(connection, 0, 'connection.close-ok', {});
      return;
    }
    const { upstream } = connection;
    phase = 'closing';
    const answer = (): void => {
      if (phase === 'over') return;
      tellClient(connection, 0, 'connection.close-ok', {});
      end();
    };
    if (upstream === undefined) {
      answer();
      return;
    }
    // The node has done all that came before when it says that it has closed.
    onNodeClosed = answer;
    const bytes = encodeMethod(0, 'connection.close', closing(replyCode.success, 'closed by the client'));
    upstream.append(bytes, 0, bytes.length);
    after(closeWithinMs, answer);
  }

  let onNodeClosed: (() => void) | undefined;

  // ── to the node ──────────────────────────────────────────────────────────────────────────────────────────────────

  async function dial(): Promise<void> {
    if (isDialling || dialled !== undefined || phase === 'over') return;
    isDialling = true;
    try {
      const lease = await takeLease();
      isDialling = false;
      if (lease !== undefined) connect(lease);
    } catch (cause) {
      isDialling = false;
      if (stop.signal.aborted) return;
      // Nobody for the whole hold window. Whoever is being opened is told; whoever is open waits on.
      if (phase !== 'running') {
        closeClient(replyCode.connectionForced, `CONNECTION_FORCED - failover: ${messageOf(cause)}`);
      } else again();
    }
  }

  /** Another node than the last one, if there is another. */
  async function takeLease(): Promise<Lease | undefined> {
    for (let turn = 0; turn < 4; turn += 1) {
      const lease = cluster.lease(target, picker);
      if (lease === undefined) break;
      if (lease.server !== lastServer) return lease;
    }
    const bytes = connection.heldBytes;
    return cluster.lease(target) ?? (await cluster.hold(target, { bytes, count: 1, signal: stop.signal }));
  }

  function connect(lease: Lease): void {
    if (credentials === undefined || phase === 'over') return;
    lastServer = lease.server;
    const upstream = openOn(lease, credentials);
    dialled = upstream;
    if (isUpstreamPaused) upstream.pause();
  }

  function openOn(lease: Lease, who: Credentials): Upstream {
    counters.upstreams += 1;
    const upstream: Upstream = openUpstream({
      lease,
      credentials: who,
      clientProperties: propertiesFor(clientProperties),
      config,
      runtime,
      events: {
        onAuthenticated(offer, serverProperties) {
          options.properties.learn(serverProperties);
          if (upstream === dialled) offered = offer;
          if (phase === 'authenticating') offerTuning(offer);
          else if (vhost !== undefined) upstream.open(vhost, agreedWith(offer));
        },
        onOpen() {
          if (upstream === spare?.upstream) spare.isOpen = true;
          else ready(upstream);
        },
        onFrame(bytes, from, to) {
          if (upstream !== spare?.upstream) return onNodeFrame(bytes, from, to);
          if (hearOn(connection, spare, bytes, from, to)) promote(spare);
          return true;
        },
        onEnd(how) {
          counters.upstreams -= 1;
          if (upstream === spare?.upstream) spare = undefined;
          else lost(upstream, how);
        },
        onDrain: balance,
      },
    });
    return upstream;
  }

  /** What is owed for too long is tried on a second connection, until it is answered here or there. */
  function lookForSilence(now: Ms): void {
    const owed = owedTooLong(connection, now);
    if (owed === undefined) {
      closeSpare();
      return;
    }
    if (owed.type === 'request' && owed.request.method.name === 'basic.consume' && isOurs(owed.request)) {
      withoutConsumer(connection, owed.channel, owed.request.method.consumerTag);
      return;
    }
    if (spare === undefined) {
      const lease = cluster.lease(target);
      if (lease !== undefined && credentials !== undefined) spare = createSpare(openOn(lease, credentials));
      return;
    }
    spare.upstream.beat(now);
    tryOn(spare, owed, now);
  }

  function promote({ upstream, taken }: Spare): void {
    spare = undefined;
    const { upstream: silent } = connection;
    if (silent !== undefined) {
      counters.upstreams -= 1;
      silent.close();
    }
    dialled = upstream;
    leaveChannels('it did not answer, while a new connection is answered', true);
    lastServer = upstream.lease.server;
    ready(upstream, taken);
  }

  function closeSpare(): void {
    if (spare === undefined) return;
    const { upstream } = spare;
    spare = undefined;
    counters.upstreams -= 1;
    upstream.close(encodeMethod(0, 'connection.close', closing(replyCode.success, 'not needed')));
  }

  function offerTuning(offer: Tuned): void {
    phase = 'tuning';
    const { frameMax, channelMax, heartbeatS } = offerTo(offer);
    tellClient(connection, 0, 'connection.tune', { frameMax, channelMax, heartbeat: heartbeatS });
  }

  function agreedWith(offer: Tuned): Tuned {
    // Nodes from 4.1 on take no less than 8192; smaller frames of the client pass all the same.
    const wanted = agreed.frameMax === 0 ? 0 : Math.max(agreed.frameMax, 8192);
    return {
      frameMax: lowerLimit(offer.frameMax, wanted),
      channelMax: offer.channelMax,
      heartbeatS: config.heartbeatS,
    };
  }

  function ready(upstream: Upstream, taken: ReadonlySet<number> = new Set()): void {
    failures = 0;
    connection.upstream = upstream;
    downSince = undefined;
    connection.upstreamChannels.clear();
    for (const id of taken) connection.upstreamChannels.set(id, { type: 'abandoned' });
    if (phase === 'opening') {
      phase = 'running';
      tellClient(connection, 0, 'connection.open-ok', {});
    }
    if (owesSecretOk) {
      owesSecretOk = false;
      tellClient(connection, 0, 'connection.update-secret-ok', {});
    }
    declareAgain(connection, () => {
      for (const channel of [...connection.channels.values()]) finishRestore(connection, channel);
    });
    for (const channel of [...connection.channels.values()]) {
      if (channel.phase !== 'closed') restoreChannel(connection, channel);
    }
    upstream.flush();
    balance();
    if (isDraining) drain();
  }

  function onNodeFrame(bytes: Buffer, from: number, to: number): boolean {
    const number = channelAt(bytes, from);
    if (number === 0) {
      if (bytes[from] === frameType.method) hearNode(decodeMethod(bytes, from, to));
      return connection.upstream !== undefined;
    }
    const use = connection.upstreamChannels.get(number);
    switch (use?.type) {
      case 'client':
        fromNode(connection, use.channel, bytes, from, to);
        break;
      case 'call':
        use.onFrame(bytes, from, to);
        break;
      case 'abandoned':
        leaveAbandoned(number, bytes, from);
        break;
      case undefined:
    }
    return connection.upstream !== undefined;
  }

  function leaveAbandoned(number: number, bytes: Buffer, from: number): void {
    if (bytes[from] !== frameType.method) return;
    const id = methodIdAt(bytes, from);
    if (id === methodId('channel.close-ok')) connection.upstreamChannels.delete(number);
    if (id !== methodId('channel.close')) return;
    const ok = encodeMethod(number, 'channel.close-ok', {});
    connection.upstream?.append(ok, 0, ok.length);
  }

  function hearNode(method: Method): void {
    switch (method.name) {
      case 'connection.blocked':
        connection.isBlocked = true;
        if (connection.hears.blocked)
          tellClient(connection, 0, 'connection.blocked', { reason: method.reason });
        return;
      case 'connection.unblocked':
        unblocked();
        return;
      case 'connection.update-secret-ok':
        owesSecretOk = false;
        tellClient(connection, 0, 'connection.update-secret-ok', {});
        return;
      case 'connection.close-ok':
        onNodeClosed?.();
        return;
      case 'connection.close': {
        const { upstream } = connection;
        const { replyCode: code, replyText: text } = method;
        upstream?.close(encodeMethod(0, 'connection.close-ok', {}));
        counters.upstreams -= 1;
        if (upstream === undefined) return;
        if (isTransientClose(code, text)) {
          left(`${code} ${text}`);
          return;
        }
        // The client did what the node would not take: its own words, to be answered by the client.
        dialled = connection.upstream = undefined;
        closeClient(code, text, method);
        return;
      }
      default:
        throw new FrameError(`${method.name} on channel 0`);
    }
  }

  function unblocked(): void {
    if (!connection.isBlocked) return;
    connection.isBlocked = false;
    const now = runtime.now();
    for (const channel of connection.channels.values()) channel.progressAt = now;
    if (connection.hears.blocked) tellClient(connection, 0, 'connection.unblocked', {});
  }

  function lost(upstream: Upstream, how: UpstreamEnd): void {
    if (dialled !== upstream) return;
    if (how.type === 'refused' && !isTransientClose(how.code, how.text) && !/\bis down\b/.test(how.text)) {
      dialled = undefined;
      refusedByNode(how.code, how.text);
      return;
    }
    const reason = how.type === 'refused' ? `${how.code} ${how.text}` : how.reason;
    if (how.type === 'failed') {
      const member = { endpoint: upstream.lease.server, kind: 'data' } as const;
      cluster.report({ type: 'failed', member, openedAt: upstream.openedAt, reason });
    }
    left(reason, how.type === 'fenced');
  }

  /** As RabbitMQ does: who does not ask for it hears no reason for a failed login. */
  function refusedByNode(code: number, text: string): void {
    const isLogin = code === replyCode.accessRefused && phase === 'authenticating';
    if (isLogin && !can(clientProperties, 'authentication_failure_close')) end();
    else closeClient(code, text);
  }

  /** The node is gone from under the client. */
  function left(reason: string, mayHang = false): void {
    leaveChannels(reason, mayHang);
    closeSpare();
    dialled = undefined;
    offered = phase === 'tuning' || phase === 'opening' ? offered : undefined;
    if (onNodeClosed !== undefined) onNodeClosed();
    else if (phase !== 'closing' && phase !== 'over' && phase !== 'tuning') again();
  }

  function leaveChannels(reason: string, mayHang: boolean): void {
    if (connection.upstream === undefined) return;
    counters.switches += 1;
    for (const channel of [...connection.channels.values()]) {
      if (channel.upstreamId !== 0) loseChannel(connection, channel, reason, mayHang);
    }
    connection.upstreamChannels.clear();
    connection.upstream = undefined;
    downSince = runtime.now();
    connection.isDeclaring = false;
    unblocked();
  }

  function again(): void {
    const crowd = Math.min(maxCrowdMs, (options.crowd() - 1) * crowdMs) * runtime.random();
    const backoff = failures === 0 ? 0 : redialMs.first * 2 ** Math.min(failures - 1, 10);
    const ms = crowd + Math.min(redialMs.most, backoff) * (0.5 + runtime.random());
    failures += 1;
    if (ms === 0) void dial();
    else after(ms, () => void dial());
  }

  // ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────

  function closeClient(
    code: number,
    text: string,
    blamed?: { readonly classId: number; readonly methodId: number },
  ): void {
    if (phase === 'over' || phase === 'closing') return;
    phase = 'closing';
    for (const channel of connection.channels.values()) forgetChannel(connection, channel);
    tellClient(connection, 0, 'connection.close', {
      ...closing(code, text),
      ...(blamed === undefined ? {} : pick(blamed)),
    });
    leaveNode();
    after(closeWithinMs, end);
  }

  function leaveNode(): void {
    closeSpare();
    const upstream = dialled;
    if (upstream === undefined) return;
    dialled = connection.upstream = undefined;
    counters.upstreams -= 1;
    upstream.close(encodeMethod(0, 'connection.close', closing(replyCode.success, 'the client is gone')));
  }

  function end(): void {
    if (phase === 'over') return;
    flush();
    phase = 'over';
    connection.isOver = true;
    stop.abort();
    leaveNode();
    for (const cancel of timers) cancel();
    timers.clear();
    counters.channels -= connection.channels.size;
    client.end();
    options.onClosed();
  }

  function drain(): void {
    isDraining = true;
    if (phase === 'over' || phase === 'closing') return;
    closeClient(
      replyCode.connectionForced,
      'CONNECTION_FORCED - failover: the local process is being drained',
    );
  }

  client.on('data', onData);
  client.on('drain', () => {
    if (!isUpstreamPaused) return;
    isUpstreamPaused = false;
    dialled?.resume();
  });
  client.on('end', end);
  client.on('error', end);
  client.on('close', end);

  return {
    look(now) {
      if (phase === 'over') return;
      dialled?.beat(now);
      if (downSince !== undefined && options.ear !== undefined) expirePublishes(connection, now, downSince);
      const heartbeatMs = agreed.heartbeatS * 1000;
      if (phase !== 'running' || heartbeatMs === 0) {
        if (phase === 'running') lookForSilence(now);
        return;
      }
      if (now - wroteAt >= heartbeatMs / 2) connection.toClient(heartbeatFrame, 0, heartbeatFrame.length);
      if (!isPaused && now - heardAt > 2 * heartbeatMs) {
        counters.closedSlow += 1;
        client.destroy();
        end();
        return;
      }
      lookForSilence(now);
    },
    drain,
    close() {
      if (phase !== 'over') closeClient(replyCode.connectionForced, 'CONNECTION_FORCED - failover: closed');
      end();
    },
  };
}

function pick({ classId, methodId: id }: { readonly classId: number; readonly methodId: number }): {
  readonly classId: number;
  readonly methodId: number;
} {
  return { classId, methodId: id };
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
