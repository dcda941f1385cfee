import type { EndpointId, Runtime } from '@failover/core';
import type { ElectedGroup, SimulatedServer } from './elected-group.ts';

/** One connection to a simulated server. Requests are executed in order; replies come late, or never. */
export interface SimulatedConnection {
  readonly openedAt: number;
  readonly isOpen: boolean;
  /** Runs `execute` in the server when the request arrives, and gives back what it returned when the reply does. */
  request<T>(execute: (server: SimulatedServer) => T, reply: (value: T) => void, isLost: () => void): void;
  close(): void;
}

/** ms one way. */
const latencyMs = 0.1;

/** Connects, or tells why not: a dead server refuses, a hung one accepts. */
export function openConnection(
  group: ElectedGroup,
  runtime: Runtime,
  to: EndpointId,
  onOpen: (connection: SimulatedConnection) => void,
  onRefused: () => void,
): void {
  runtime.after(latencyMs * 2, () => {
    const server = group.serverAt(to);
    if (server === undefined || server.mode === 'dead') {
      onRefused();
      return;
    }
    const openedAt = runtime.now();
    let isClosed = false;
    // Equal instants: what closed at the instant of opening was closed before.
    const isOpen = (): boolean => !isClosed && server.closedAllAt <= openedAt && server.mode !== 'dead';
    onOpen({
      openedAt,
      get isOpen() {
        return isOpen();
      },
      request(execute, reply, isLost) {
        const arrive = (): void => {
          if (!isOpen()) {
            if (!isClosed) isLost();
            return;
          }
          if (server.mode === 'hung') {
            server.backlog.push(arrive);
            watchClose(isLost);
            return;
          }
          // What left the server before it closed still arrives, however late.
          const value = execute(server);
          runtime.after(latencyMs + server.slowMs * runtime.random(), () => {
            if (!isClosed) reply(value);
          });
        };
        runtime.after(latencyMs, arrive);
      },
      close() {
        isClosed = true;
      },
    });

    /** A hung server that dies, or is made to close, resets who waits for it. */
    function watchClose(isLost: () => void): void {
      const look = (): void => {
        if (isClosed || server?.mode === 'alive') return;
        if (isOpen()) runtime.after(5, look);
        else isLost();
      };
      runtime.after(5, look);
    }
  });
}
