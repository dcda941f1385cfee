import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';

/** The kernel gives outgoing connections a port from here up: a server that restarts could lose its port. */
function firstEphemeralPort(): number {
  try {
    const [low] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/);
    return Number(low) || 32_768;
  } catch {
    return 32_768;
  }
}

const firstPort = 10_240;
/** Ports in a block: one guards it, the others are given out. */
const blockSize = 64;
const host = '127.0.0.1';

interface Block {
  /** Held until this process ends: whoever holds the first port of a block owns all of it. */
  readonly guard: Server;
  next: number;
  readonly end: number;
}

let block: Block | undefined;
let lastTurn: Promise<unknown> = Promise.resolve();

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => resolve(undefined));
    server.listen({ port, host, exclusive: true }, () => resolve(server));
  });
}

/** Does nobody listen on this port of loopback? */
export async function isFree(port: number): Promise<boolean> {
  const server = await listen(port);
  if (server === undefined) return false;
  await new Promise((resolve) => server.close(resolve));
  return true;
}

async function claimBlock(): Promise<Block> {
  const blocks = Math.floor((firstEphemeralPort() - firstPort) / blockSize);
  // Where we start does not matter, only that processes started together do not all try the same one.
  const start = Math.floor(Math.random() * blocks);
  for (let tried = 0; tried < blocks; tried += 1) {
    const first = firstPort + ((start + tried) % blocks) * blockSize;
    const guard = await listen(first);
    if (guard === undefined) continue;
    guard.unref();
    return { guard, next: first + 1, end: first + blockSize };
  }
  throw new Error(`no free block of ${blockSize} ports between ${firstPort} and ${firstEphemeralPort()}`);
}

async function nextPort(): Promise<number> {
  for (;;) {
    block = block !== undefined && block.next < block.end ? block : await claimBlock();
    const port = block.next;
    block.next += 1;
    if (await isFree(port)) return port;
  }
}

/**
 * Ports on loopback that nobody listens on. They are ours until this process ends: another process that
 * asks here gets others, and the kernel gives them to no outgoing connection, so a server can be killed
 * and started again on its port. No port is given twice.
 */
export function freePorts(count: number): Promise<readonly number[]> {
  const turn = lastTurn.then(async () => {
    const ports: number[] = [];
    while (ports.length < count) ports.push(await nextPort());
    return ports;
  });
  lastTurn = turn.catch(() => undefined);
  return turn;
}
