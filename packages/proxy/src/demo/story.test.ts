import { endpoint, target, type FailoverEvent } from '@failover/core';
import { expect, it } from 'vitest';
import { storyOf } from './story.ts';

const a = endpoint('10.0.0.1:1');
const b = endpoint('10.0.0.2:1');
const { id } = target('m', 'primary');
const words = { leader: 'primary', operations: 'commands', writes: 'writes' };

it('says what the backend calls things', () => {
  const event: FailoverEvent = {
    at: 1,
    type: 'claimAccepted',
    target: id,
    server: a,
    strength: 'provisional',
  };
  expect(storyOf(event, words)).toContain('it is primary now');
  expect(storyOf(event, { ...words, leader: 'leader of the queue' })).toContain(
    'it is leader of the queue now',
  );
});

it('tells of servers that come and go where each serves every client, and only there', () => {
  const lost: FailoverEvent = {
    at: 1,
    type: 'availabilityChanged',
    server: a,
    from: 'suspect',
    to: 'down',
    reason: 'ECONNREFUSED',
  };
  expect(storyOf(lost, words)).toBeUndefined();
  expect(storyOf(lost, words, [b])).toBeUndefined();
  expect(storyOf(lost, words, [a, b])).toContain('10.0.0.1:1 is lost (ECONNREFUSED)');
  expect(storyOf({ ...lost, from: 'down', to: 'up' }, words, [a])).toBe('10.0.0.1:1 is back');
});
