import type { Request } from './message.ts';

/** What may be done with a request after a failure. A new request gets the careful answer until it is proved. */
export interface RequestTraits {
  readonly isIdempotent: boolean;
  readonly isWrite: boolean;
  readonly isPinned: boolean;
}

const read: RequestTraits = { isIdempotent: true, isWrite: false, isPinned: false };

export function traitsOf(request: Request): RequestTraits {
  switch (request.type) {
    case 'peers':
    case 'echo':
      return read;
    // It changes only its own connection, and the session remembers it: setting it twice is setting it once.
    case 'prefix':
      return read;
  }
}
