import type { Picker } from '@failover/core';
import type { RabbitConfig } from '../config.ts';
import type { Credentials } from '../protocol/login.ts';
import type { Arguments } from '../protocol/methods.ts';
import type { Table } from '../protocol/table.ts';
import { readTable, writeTable } from '../protocol/table.ts';
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
  return { ...identity, credentials: { mechanism, response: withPassword(mechanism, response, newSecret) } };
}

function withPassword(mechanism: string, response: Buffer, password: Buffer): Buffer {
  if (mechanism === 'PLAIN') {
    const [, user = ''] = response.toString().split('\0');
    return Buffer.from(`\0${user}\0${password.toString()}`);
  }
  // AMQPLAIN: a table without its length.
  const said = readTable(response, 0, response.length);
  return writeTable({ ...said, PASSWORD: password.toString() });
}
