import type { Duplex } from 'node:stream';
import type { EndpointId, Member, Pace } from '@failover/core';
import { virtualRuntime } from '@failover/core/virtual';
import { BehaviorSubject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { rabbitConfig } from '../config.ts';
import { watchManagement } from './watch-management.ts';

const endpoint = 'api:15672' as EndpointId;
const member: Member = { endpoint, kind: 'witness' };
const config = rabbitConfig.parse({ servers: ['a'] });
/** What one round asks for. */
const questions = 3;

describe('watching a management API that hangs', () => {
  it.each<Pace>(['idle', 'fast'])(
    'asks one round after the other, however often the pace changes: first %s',
    async (first) => {
      const runtime = virtualRuntime({ seed: 1 });
      const open = new Set<Duplex>();
      let most = 0;
      let asked = 0;
      runtime.network.listen(endpoint, (socket) => {
        open.add(socket);
        asked += 1;
        most = Math.max(most, open.size);
        socket.once('close', () => open.delete(socket));
      });
      const pace$ = new BehaviorSubject<Pace>(first);
      const failures: string[] = [];
      const close = watchManagement(member, config, pace$, runtime, (report) => {
        if (report.type === 'failed') failures.push(report.reason);
      });
      for (let times = 0; times < 20; times += 1) {
        pace$.next('fast');
        await runtime.advance(700);
        pace$.next('idle');
        await runtime.advance(700);
      }
      await runtime.advance(10_000);
      const before = asked;
      await runtime.advance(60_000);
      // At rest: two seconds without an answer, and five of rest.
      expect((asked - before) / questions).toBeLessThan(11);
      expect(asked - before).toBeGreaterThan(0);
      expect(most).toBe(questions);
      expect(new Set(failures)).toEqual(new Set([expect.stringMatching(/^no answer to .* within 2000 ms$/)]));
      close();
      await runtime.advance(10_000);
      expect(open.size).toBe(0);
      expect(runtime.pendingTimers).toBe(0);
    },
  );
});
