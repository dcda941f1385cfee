import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Request } from '../protocol/message.ts';
import { replay } from './replay.ts';
import { afterRequest, emptySession } from './session.ts';

const request: fc.Arbitrary<Request> = fc.oneof(
  fc.record({ type: fc.constant('echo' as const), text: fc.string() }),
  fc.record({ type: fc.constant('prefix' as const), text: fc.string() }),
);

it('is the same session after it was replayed on a new connection', () => {
  fc.assert(
    fc.property(fc.array(request), (requests) => {
      const session = requests.reduce(afterRequest, emptySession);
      expect(replay(session).reduce(afterRequest, emptySession)).toEqual(session);
    }),
  );
});
