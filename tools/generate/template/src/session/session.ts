import type { Request } from '../protocol/message.ts';

/** What a client's connection has set up on its server. */
export interface Session {
  readonly prefix: string | undefined;
}

export const emptySession: Session = { prefix: undefined };

/** The session after a request that the server accepted; itself if nothing changed. */
export function afterRequest(session: Session, request: Request): Session {
  return request.type === 'prefix' && request.text !== session.prefix ? { prefix: request.text } : session;
}
