import type { PendingWork } from './pending.ts';

// A client that the gateway does not know yet, in the words that Redis has for it: clients branch on them.

export const noAuth = Buffer.from('-NOAUTH Authentication required.\r\n');

export const noAuthHello = Buffer.from(
  '-NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time\r\n',
);

export const wrongPassword = Buffer.from(
  '-WRONGPASS invalid username-password pair or user is disabled.\r\n',
);

const openToAll: ReadonlySet<string> = new Set(['AUTH', 'HELLO', 'QUIT', 'RESET']);

/** Which of its commands are looked at. */
export const mayAsk = (work: PendingWork): boolean => work.type === 'session' && openToAll.has(work.name);
