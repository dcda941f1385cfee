import { createHmac, randomBytes } from 'node:crypto';

export type RespVersion = 2 | 3;

/** As whom a connection speaks. Connections are shared only among equal identities. */
export interface Identity {
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly db: number;
  readonly resp: RespVersion;
  /** Equal for equal identities. Holds no secret, so it may stand in a map for as long as the process lives. */
  readonly key: string;
}

const keySecret = randomBytes(32);

export function identity(
  username: string | undefined,
  password: string | undefined,
  db: number,
  resp: RespVersion,
): Identity {
  const proof =
    password === undefined ? '' : createHmac('sha256', keySecret).update(password).digest('base64');
  return { username, password, db, resp, key: JSON.stringify([username ?? '', proof, db, resp]) };
}
