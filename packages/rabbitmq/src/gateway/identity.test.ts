import { describe, expect, it } from 'vitest';
import { rabbitConfig } from '../config.ts';
import { readTable, writeTable } from '../protocol/table.ts';
import { identityOf, withSecret } from './identity.ts';

const config = rabbitConfig.parse({ servers: ['a'] });

function renewed(mechanism: string, response: Buffer): Buffer {
  const said = { mechanism, response, clientProperties: {}, locale: 'en_US' };
  const identity = identityOf(said, config);
  if (identity === undefined) throw new Error(`${mechanism} is refused`);
  return withSecret(identity, Buffer.from('new')).credentials.response;
}

describe('a secret that was updated', () => {
  it('is what the next node is told with PLAIN', () => {
    expect(renewed('PLAIN', Buffer.from('\0me\0old')).toString()).toBe('\0me\0new');
  });

  it('[31] is what the next node is told with AMQPLAIN', () => {
    const response = renewed('AMQPLAIN', writeTable({ LOGIN: 'me', PASSWORD: 'old' }));
    expect(readTable(response, 0, response.length)).toEqual({ LOGIN: 'me', PASSWORD: 'new' });
  });
});
