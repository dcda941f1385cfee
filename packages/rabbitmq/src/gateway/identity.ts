import type { Picker } from '@failover/core';
import type { RabbitConfig } from '../config.ts';
import type { Credentials } from '../protocol/login.ts';
import type { Arguments } from '../protocol/methods.ts';
import type { Table } from '../protocol/table.ts';
import { leaderPreferred } from '../select-leader.ts';

/** What a client said of itself, to be said again to each next node on its behalf. */
export interface Identity {
  readonly credentials: Credentials;
  readonly properties: Table;
  /** Which node it would best be connected to. */
  readonly picker: Picker | undefined;
}

/** Among its properties a client can name the queue whose leader it would best be connected to. */
const preferLeaderProperty = 'failover_prefer_leader_of';

/** Undefined if it could not be said again: then nothing can be done for this client. */
export function identityOf(
  { mechanism, response, clientProperties }: Arguments<'connection.start-ok'>,
  config: RabbitConfig,
): Identity | undefined {
  if (mechanism !== 'PLAIN' && mechanism !== 'AMQPLAIN') return undefined;
  const wished = clientProperties[preferLeaderProperty];
  return {
    credentials: { mechanism, response: Buffer.from(response) },
    properties: clientProperties,
    picker: typeof wished === 'string' ? leaderPreferred(config.vhost, wished) : undefined,
  };
}

/** The same user with a new secret. */
export function withSecret(identity: Identity, newSecret: Buffer): Identity {
  const { mechanism, response } = identity.credentials;
  if (mechanism !== 'PLAIN') return identity;
  const [, user = ''] = response.toString().split('\0');
  const credentials = { mechanism, response: Buffer.from(`\0${user}\0${newSecret.toString()}`) };
  return { ...identity, credentials };
}
