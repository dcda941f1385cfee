import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ClientUser } from '../client-users.ts';

/** The gateway's own users. Whoever they are here, the servers see the user of the configuration. */
export interface Users {
  /** Takes as long for a wrong password as for a right one, and for a user whom nobody knows. */
  accepts(username: string, password: string): boolean;
}

/** Who a client is that names a password and no user, as Redis has it. */
export const defaultUser = 'default';

export function createUsers(clients: readonly ClientUser[]): Users {
  const key = randomBytes(32);
  // Of equal length, so that they can be compared in constant time; and nobody finds a password in a heap dump.
  const digestOf = (password: string): Buffer => createHmac('sha256', key).update(password).digest();
  const digests = new Map(clients.map(({ username, password }) => [username, digestOf(password)]));
  const nobody = randomBytes(32);
  return {
    accepts(username, password) {
      const digest = digests.get(username);
      const isEqual = timingSafeEqual(digestOf(password), digest ?? nobody);
      return isEqual && digest !== undefined;
    },
  };
}
