import { endpoint, type Report } from '@failover/core';
import { expect, it } from 'vitest';
import type { MonitorReply } from './replies.ts';
import { memberAt, rules } from './rules.ts';

const [a, b] = [endpoint('127.0.0.1:1'), endpoint('127.0.0.1:2')];
const said: Report<MonitorReply> = {
  type: 'said',
  member: memberAt(a),
  openedAt: 0,
  reply: { type: 'peers', peers: [a, b] },
};

it('makes a peer of who says that it is one, and members of whom it names', () => {
  const { observations } = rules.step(rules.init({ peers: [a] }), said, 1);
  expect(observations).toContainEqual({ type: 'roleSeen', server: a, shard: 'ring', role: 'peer' });
  expect(observations).toContainEqual(
    expect.objectContaining({ type: 'membersSeen', members: [memberAt(a), memberAt(b)] }),
  );
});

it('says nothing when it is told the same again, and its state stays the same object', () => {
  const first = rules.step(rules.init({ peers: [a] }), said, 1);
  const second = rules.step(first.state, said, 2);
  expect(second).toEqual({ state: first.state, observations: [] });
  expect(second.state).toBe(first.state);
});
