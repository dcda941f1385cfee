import type { Session } from '../session/session.ts';
import type { Identity } from './identity.ts';

/** Who a client is and what it set, as of the last of its commands that was answered. */
export interface ClientState {
  identity: Identity;
  /** Of the gateway's own users, once it has logged in as one. */
  user: string | undefined;
  session: Session;
}
