import { describe, expect, it } from 'vitest';
import { readSentinelEvent } from './sentinel-events.ts';

/** Texts as Redis 7.0.15 announces them. */
describe('what a Sentinel announces', () => {
  it.each([
    [
      '+selected-slave',
      'slave 127.0.0.1:17003 127.0.0.1 17003 @ mymaster 127.0.0.1 17001',
      { type: 'selectedSlave', masterName: 'mymaster', server: '127.0.0.1:17003' },
    ],
    [
      '+promoted-slave',
      'slave [::1]:17003 ::1 17003 @ mymaster ::1 17001',
      { type: 'promotedSlave', masterName: 'mymaster', server: '[::1]:17003' },
    ],
    [
      '+switch-master',
      'mymaster 127.0.0.1 17001 127.0.0.1 17003',
      { type: 'switchMaster', masterName: 'mymaster', from: '127.0.0.1:17001', to: '127.0.0.1:17003' },
    ],
    [
      '-failover-abort-no-good-slave',
      'master mymaster 127.0.0.1 17001',
      { type: 'failoverAborted', masterName: 'mymaster', reason: '-failover-abort-no-good-slave' },
    ],
    ['+tilt', '#tilt mode entered', { type: 'tilt', isTilt: true }],
    ['-tilt', '#tilt mode exited', { type: 'tilt', isTilt: false }],
    [
      '+slave',
      'slave 127.0.0.1:17002 127.0.0.1 17002 @ mymaster 127.0.0.1 17003',
      { type: 'noted', channel: '+slave', masterName: 'mymaster' },
    ],
    [
      '+odown',
      'master mymaster 127.0.0.1 17001 #quorum 2/2',
      { type: 'noted', channel: '+odown', masterName: 'mymaster' },
    ],
  ])('%s', (channel, text, event) => {
    expect(readSentinelEvent(channel, text)).toEqual(event);
  });

  it.each([
    ['+selected-slave', 'nonsense'],
    ['+switch-master', 'mymaster 127.0.0.1 17001'],
    ['+switch-master', 'mymaster 127.0.0.1 17001 127.0.0.1 0'],
    ['-failover-abort-x', ''],
  ])('is passed over if it cannot be read: %s %s', (channel, text) => {
    expect(readSentinelEvent(channel, text)).toBeUndefined();
  });
});
