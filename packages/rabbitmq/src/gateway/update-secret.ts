import type { Connection } from './connection.ts';
import { tellClient } from './frames.ts';
import { withSecret } from './identity.ts';

/** A client's token was renewed: for the node that it is on, and for each next one. */
export function updateSecret(connection: Connection, newSecret: Buffer, frame: Buffer): void {
  const { identity } = connection;
  if (identity !== undefined) connection.identity = withSecret(identity, newSecret);
  connection.owesSecretOk = true;
  connection.upstream?.append(frame, 0, frame.length);
}

export function secretUpdated(connection: Connection): void {
  connection.owesSecretOk = false;
  tellClient(connection, 0, 'connection.update-secret-ok', {});
}
