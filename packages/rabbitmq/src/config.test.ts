import { ConfigError } from '@failover/core';
import { describe, expect, it } from 'vitest';
import { rabbitConfig } from './config.ts';

const issuesOf = (input: unknown) => {
  try {
    rabbitConfig.parse(input);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.issues.map(({ field }) => field);
    throw error;
  }
};

describe('the config', () => {
  it('fills in what was left out', () => {
    expect(rabbitConfig.parse({ servers: ['a', { host: '::1', port: 5673 }] })).toMatchObject({
      name: 'rabbitmq',
      servers: [
        { type: 'address', endpoint: 'a:5672' },
        { type: 'address', endpoint: '[::1]:5673' },
      ],
      vhost: '/',
      username: 'guest',
      password: 'guest',
      unknown: 'resend',
      redeclare: 'transient',
    });
  });

  it('takes management APIs as they stand in the browser', () => {
    expect(rabbitConfig.parse({ servers: ['a'], management: ['http://a:15672/'] }).management).toEqual([
      { type: 'address', endpoint: 'a:15672' },
    ]);
  });

  it.each([
    ['nothing at all', undefined, ''],
    ['no server', { servers: [] }, 'servers'],
    ['a server that is none', { servers: ['a b'] }, 'servers.0'],
    ['an unknown field', { servers: ['a'], sentinels: ['b'] }, 'sentinels'],
    ['a choice that is none', { servers: ['a'], unknown: 'ignore' }, 'unknown'],
    ['two passwords', { servers: ['a'], password: 'x', passwordFile: '/x' }, 'passwordFile'],
    ['a file that is not there', { servers: ['a'], passwordFile: '/nowhere' }, 'passwordFile'],
    ['a certificate that is not there', { servers: ['a'], tls: { caFile: '/nowhere' } }, 'tls.caFile'],
    [
      'an address for a node that is none',
      { servers: ['a'], addresses: { 'rabbit@a': 'b c' } },
      'addresses.rabbit@a',
    ],
  ])('names the field of %s', (_name, input, field) => {
    expect(issuesOf(input)).toContain(field);
  });

  it('never repeats a secret', () => {
    try {
      rabbitConfig.parse({ servers: ['a'], password: 5, managementPassword: { hidden: 'secret' } });
      expect.unreachable();
    } catch (error) {
      expect(String(error)).not.toContain('hidden');
      expect(String(error)).not.toMatch(/got 5/);
    }
  });
});
