import type { Request } from '../protocol/message.ts';
import type { Session } from './session.ts';

/** The requests that set a session up again on another server. */
export function replay(session: Session): readonly Request[] {
  return session.prefix === undefined ? [] : [{ type: 'prefix', text: session.prefix }];
}
