import type { Lease } from '@failover/core';

// Clients branch on the first word, so these texts are an interface. TRYAGAIN is one that many clients send again
// by themselves; OUTCOMEUNKNOWN is one that none does.

const line = (text: string): Buffer => Buffer.from(`-${text.replace(/[\r\n]+/g, ' ')}\r\n`);

/** Proved not executed: sending it again is safe. */
export const notExecuted = (reason: string): Buffer => line(`TRYAGAIN failover: not executed, ${reason}`);

/** Sent, and no reply came: it may or may not have been executed. */
export function outcomeUnknown(lease: Lease, reason: string): Buffer {
  const epoch = lease.epoch?.join('.') ?? 'none';
  return line(
    `OUTCOMEUNKNOWN server=${lease.server} epoch=${epoch} sent, and no reply came: it may or may not have been executed (${reason})`,
  );
}

/** It was executed, and the server's answer is beyond a limit of ours. */
export const notRead = (problem: string): Buffer =>
  line(`ERR failover: executed, but the answer cannot be read here: ${problem}`);

/** The cursor is another server's. */
export const scanInterrupted = line(
  'SCANINTERRUPTED failover: the scan began on another server, where its cursor means something: begin again with 0',
);

/** What Redis answers to EXEC when a command before it could not be queued. */
export const transactionLost = line(
  'EXECABORT failover: the transaction was lost with its server before EXEC was sent; not executed',
);

export const refusedByUs = (command: string, reason: string): Buffer =>
  line(`ERR ${command} is refused by failover: ${reason}`);

export const readOnlyListener = line("READONLY You can't write against a read only replica.");

/** `problem` may name a byte that the client sent. */
export const protocolError = (problem: string): Buffer =>
  Buffer.from(line(`ERR Protocol error: ${problem}`).toString(), 'latin1');
