import type { Request } from '../protocol/message.ts';

/** Where a request is answered. */
export type Route = 'peer' | 'refused';

/** Pure. PEERS would show a client the servers behind the address that it was given. */
export function route(request: Request | undefined): Route {
  return request === undefined || request.type === 'peers' ? 'refused' : 'peer';
}
