/** Why a connection or channel is no longer there. */
export type AmqpEnd =
  | { readonly type: 'closedByServer'; readonly replyCode: number; readonly replyText: string }
  | { readonly type: 'lost'; readonly reason: string }
  | { readonly type: 'timedOut'; readonly waitedFor: string }
  | { readonly type: 'closedByUs' };

/** There is no answer, and there will be none. */
export class AmqpEndError extends Error {
  readonly code = 'amqp-end';
  readonly end: AmqpEnd;

  constructor(where: string, end: AmqpEnd) {
    super(`${where}: ${describe(end)}`);
    this.name = 'AmqpEndError';
    this.end = end;
  }
}

function describe(end: AmqpEnd): string {
  switch (end.type) {
    case 'closedByServer':
      return `closed by the server, ${end.replyCode} ${end.replyText}`;
    case 'lost':
      return `lost, ${end.reason}`;
    case 'timedOut':
      return `no ${end.waitedFor} in time`;
    case 'closedByUs':
      return 'closed by us';
  }
}
