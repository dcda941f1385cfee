import type { Failure, Outcome } from '@failover/core';
import { describe, expect, it } from 'vitest';
import { classify } from './classify.ts';

const traits = { isIdempotent: false, isWrite: true, isPinned: false };
const says = (text: string): Failure => ({ type: 'errorReply', code: text.split(' ')[0] ?? '', text });

describe('the outcome of a failure', () => {
  it.each<[string, Failure, Partial<Outcome>]>([
    ['nothing was written', { type: 'notWritten', reason: 'closed' }, { type: 'notSent' }],
    [
      'the connection was lost after it was written',
      { type: 'connectionLost', reason: 'reset' },
      { type: 'unknown' },
    ],
    ['the deadline passed', { type: 'deadlinePassed' }, { type: 'unknown' }],
    [
      'READONLY',
      says("READONLY You can't write against a read only replica."),
      { type: 'refused', isRoleRefusal: true },
    ],
    ['MASTERDOWN', says('MASTERDOWN Link with MASTER is down'), { type: 'refused', isRoleRefusal: true }],
    [
      'UNBLOCKED',
      says('UNBLOCKED force unblock from blocking operation'),
      { type: 'refused', isRoleRefusal: true },
    ],
    ['CLIENT UNBLOCK', says('UNBLOCKED client unblocked via CLIENT UNBLOCK'), { type: 'appError' }],
    [
      'LOADING',
      says('LOADING Redis is loading the dataset in memory'),
      { type: 'refused', isRoleRefusal: false },
    ],
    [
      'NOREPLICAS',
      says('NOREPLICAS Not enough good replicas to write.'),
      { type: 'refused', isRoleRefusal: false },
    ],
    ['TRYAGAIN', says('TRYAGAIN Multiple keys request during rehashing'), { type: 'refused' }],
    ['CLUSTERDOWN', says('CLUSTERDOWN The cluster is down'), { type: 'refused' }],
    [
      'too many clients',
      says('ERR max number of clients reached'),
      { type: 'refused', isRoleRefusal: false },
    ],
    ['BUSY', says('BUSY Redis is busy running a script.'), { type: 'appError', code: 'BUSY' }],
    ['EXECABORT', says('EXECABORT Transaction discarded because of previous errors.'), { type: 'appError' }],
    ['OOM', says("OOM command not allowed when used memory > 'maxmemory'."), { type: 'appError' }],
    ['NOSCRIPT', says('NOSCRIPT No matching script.'), { type: 'appError' }],
    ['WRONGTYPE', says('WRONGTYPE Operation against a key'), { type: 'appError', code: 'WRONGTYPE' }],
  ])('%s', (_title, failure, outcome) => {
    expect(classify(failure, traits)).toMatchObject(outcome);
  });
});
