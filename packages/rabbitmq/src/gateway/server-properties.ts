import type { Lease } from '@failover/core';
import { knock } from '../knock.ts';
import type { Table } from '../protocol/table.ts';
import type { GatewayContext } from './connection.ts';

/** What the nodes say of themselves before anybody logs in: clients are told the same. */
export interface KnownProperties {
  /** Calls back with what is known, at once if something is; `undefined` if no node could be asked. */
  get(callback: (properties: Table | undefined) => void): void;
  learn(properties: Table): void;
}

export function createKnownProperties(context: GatewayContext): KnownProperties {
  let known: Table | undefined;
  let waiting: ((properties: Table | undefined) => void)[] = [];

  function tell(properties: Table | undefined): void {
    known = properties ?? known;
    const due = waiting;
    waiting = [];
    for (const callback of due) callback(known);
  }

  async function ask(): Promise<void> {
    const { cluster, target } = context;
    try {
      const lease = cluster.lease(target) ?? (await cluster.hold(target, { bytes: 0, count: 1 }));
      askOne(context, lease, tell);
    } catch {
      tell(undefined);
    }
  }

  return {
    get(callback) {
      if (known !== undefined) callback(known);
      else if (waiting.push(callback) === 1) void ask();
    },
    learn(properties) {
      known = properties;
    },
  };
}

function askOne(
  { runtime, config }: GatewayContext,
  lease: Lease,
  done: (properties: Table | undefined) => void,
): void {
  const finish = (properties: Table | undefined): void => {
    cancel();
    done(properties);
  };
  const stop = knock(lease.server, runtime, finish, () => {
    finish(undefined);
  });
  const cancel = runtime.after(config.connectTimeoutMs, () => {
    stop();
    done(undefined);
  });
}
