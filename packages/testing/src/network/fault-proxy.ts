import { createServer, type Server, type Socket } from 'node:net';
import { freePorts } from '../process/index.ts';
import { createLink, type Link } from './link.ts';
import type { NetworkFault } from './network-fault.ts';
import type { FrameScan, LostReply } from './reply-filter.ts';

/** Takes a fault back. More than once does nothing more. */
export type Heal = () => Promise<void>;

export interface FaultProxyOptions {
  readonly target: { readonly host?: string; readonly port: number };
  /** By default a free one. */
  readonly port?: number;
  /** The replies' frames; `loseReply` needs it. */
  readonly scan?: FrameScan;
  /** Bytes held for each connection and direction, default 1 MiB: as much as a kernel would. */
  readonly bufferBytes?: number;
}

/** A TCP proxy on loopback between clients and one server, on which faults can be laid. */
export interface FaultProxy extends AsyncDisposable {
  /** `host:port` */
  readonly endpoint: string;
  readonly host: string;
  readonly port: number;
  readonly openConnections: number;
  readonly heldBytes: number;
  /** Replies that `scan` did not understand; each has reset its connection. */
  readonly scanErrors: readonly unknown[];
  /**
   * In force when the promise resolves. Several may be in force together.
   * @throws Error for `loseReply` on a proxy without `scan`
   */
  inject(fault: NetworkFault): Promise<Heal>;
}

const host = '127.0.0.1';

/**
 * Starts a fault proxy. It listens whether the server behind it does or not: what is refused there is
 * accepted and then reset here, so let `refused` stand for a server that is not there.
 */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const target = { host: options.target.host ?? host, port: options.target.port };
  const port = options.port ?? (await freePorts(1))[0] ?? 0;
  const bufferBytes = options.bufferBytes ?? 1024 * 1024;
  const links = new Set<Link>();
  const active = new Set<NetworkFault>();
  const lostReplies = new Set<LostReply>();
  const scanErrors: unknown[] = [];
  let server: Server | undefined;

  function accept(client: Socket): void {
    if (isActive('reset')) return void client.resetAndDestroy();
    const link = createLink({
      client,
      target,
      bufferBytes,
      scan: options.scan,
      lostReply: () => [...lostReplies].find((lost) => lost.remaining >= 0),
      onClose: () => links.delete(link),
      onScanError: (cause) => scanErrors.push(cause),
    });
    links.add(link);
    link.apply(active);
    for (const fault of active) if (fault.type === 'cutAfter') link.strike(fault);
  }

  async function listen(): Promise<void> {
    if (server !== undefined) return;
    const next = createServer({ allowHalfOpen: true, noDelay: true }, accept);
    server = next;
    await new Promise<void>((resolve, reject) => {
      next.once('error', reject);
      next.listen(port, host, resolve);
    });
  }

  function stopListening(): void {
    // The port is closed at once; the callback would wait for the open connections.
    server?.close();
    server = undefined;
  }

  const isActive = (type: NetworkFault['type']): boolean => [...active].some((fault) => fault.type === type);

  async function applyAll(): Promise<void> {
    if (isActive('refused')) stopListening();
    else await listen();
    for (const link of [...links]) link.apply(active);
  }

  function resetAll(): void {
    for (const link of [...links]) link.reset();
  }

  /** Puts faults in force, and gives back what ends them. */
  async function enforce(...faults: readonly NetworkFault[]): Promise<Heal> {
    for (const fault of faults) {
      active.add(fault);
      for (const link of [...links]) link.strike(fault);
      if (fault.type === 'reset') resetAll();
    }
    await applyAll();
    return async () => {
      for (const fault of faults) {
        if (!active.delete(fault)) continue;
        for (const link of [...links]) link.heal(fault);
      }
      await applyAll();
    };
  }

  async function flap(upMs: number, downMs: number): Promise<Heal> {
    let healDown: Heal | undefined;
    let isHealed = false;
    let timer: NodeJS.Timeout | undefined;
    let turn: Promise<void> = Promise.resolve();
    const goDown = async (): Promise<void> => {
      if (isHealed) return;
      healDown = await enforce({ type: 'refused' }, { type: 'reset' });
      timer = setTimeout(() => {
        turn = goUp();
      }, downMs);
    };
    const goUp = async (): Promise<void> => {
      await healDown?.();
      if (!isHealed)
        timer = setTimeout(() => {
          turn = goDown();
        }, upMs);
    };
    await goDown();
    return async () => {
      isHealed = true;
      clearTimeout(timer);
      await turn;
      clearTimeout(timer);
      await healDown?.();
    };
  }

  async function loseReply(index: number): Promise<Heal> {
    if (options.scan === undefined) throw new Error('loseReply needs a proxy that was started with `scan`');
    const lost: LostReply = { remaining: index };
    lostReplies.add(lost);
    return async () => {
      lostReplies.delete(lost);
      await applyAll();
    };
  }

  const heals = new Set<Heal>();
  await listen();

  return {
    endpoint: `${host}:${port}`,
    host,
    port,
    scanErrors,
    get openConnections() {
      return links.size;
    },
    get heldBytes() {
      return [...links].reduce((sum, link) => sum + link.heldBytes, 0);
    },
    async inject(fault) {
      const heal =
        fault.type === 'flapping'
          ? await flap(fault.upMs, fault.downMs)
          : fault.type === 'loseReply'
            ? await loseReply(fault.index)
            : // A copy: the same fault injected twice is in force twice.
              await enforce({ ...fault });
      const healOnce = async (): Promise<void> => {
        if (heals.delete(healOnce)) await heal();
      };
      heals.add(healOnce);
      return healOnce;
    },
    async [Symbol.asyncDispose]() {
      for (const heal of [...heals]) await heal();
      stopListening();
      resetAll();
    },
  };
}
