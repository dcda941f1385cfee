import type { Lease } from '@failover/core';
import type { Gates } from './gates.ts';
import type { Identity } from './identity.ts';
import type { Pending, PendingSession } from './pending.ts';
import type { Pool } from './pool.ts';

export interface VerifyOptions {
  readonly shared: Pool<Pending>;
  readonly gates: Gates;
  readonly lease: Lease;
  readonly identity: Identity;
  now(): number;
  tooLate(): void;
}

/** ms before a server that was not reached is asked again. */
const againMs = 50;

/** Asks the server whether it knows an identity, on a connection that nobody else uses; the verdict opens the gate. */
export function verify(asked: PendingSession, options: VerifyOptions): void {
  const { gates, now, shared, tooLate } = options;
  const cancel = shared.verify(options.lease, options.identity, (dialled) => {
    if (dialled.type === 'verified') asked.verdict = 'verified';
    else if (dialled.type === 'rejected') asked.verdict = { error: dialled.error };
    else if (now() >= asked.deadline) {
      gates.cancel(asked);
      tooLate();
      return;
    } else if (dialled.type !== 'fenced' && asked.gate.type === 'waiting') {
      gates.cancel(asked);
      gates.pause(asked, againMs);
      return;
    }
    gates.open(asked);
  });
  gates.wait(asked, cancel);
}
