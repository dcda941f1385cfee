import { bodySizeAt } from '../../protocol/content.ts';
import { decodeMethod } from '../../protocol/decode.ts';
import { frameHeaderBytes, frameType } from '../../protocol/frame.ts';
import { methods, type Method } from '../../protocol/methods.ts';
import type { Incoming } from './channel-state.ts';
import { unexpectedFrame, type AmqpProblem } from './problem.ts';

/** Puts method, header and bodies of one channel together. */
export interface ContentIntake {
  /** @throws AmqpProblem if the frame does not fit where it stands */
  take(bytes: Buffer, from: number, to: number): Incoming | undefined;
}

export function createContentIntake(): ContentIntake {
  let method: Method | undefined;
  let header: Buffer | undefined;
  let bodies: Buffer[] = [];
  let missingBytes = 0;

  function complete(): Incoming | undefined {
    if (method === undefined || header === undefined || missingBytes !== 0) return undefined;
    const whole = { method, content: { header, body: Buffer.concat(bodies) } };
    method = undefined;
    header = undefined;
    bodies = [];
    return whole;
  }

  return {
    take(bytes, from, to) {
      // The chunk may be reused: what is kept is copied.
      const payload = (): Buffer => Buffer.from(bytes.subarray(from + frameHeaderBytes, to - 1));
      switch (bytes[from]) {
        case frameType.method: {
          if (method !== undefined) throw misplaced(header === undefined ? 'header' : 'body', method);
          const next = decodeMethod(bytes, from, to);
          if (!('hasContent' in methods[next.name])) return { method: next };
          method = next;
          return undefined;
        }
        case frameType.header:
          if (method === undefined) throw misplaced('method');
          if (header !== undefined) throw misplaced('body', method);
          header = payload();
          missingBytes = bodySizeAt(bytes, from, to);
          return complete();
        default:
          if (method === undefined || header === undefined) throw misplaced('method');
          bodies.push(payload());
          missingBytes -= to - from - frameHeaderBytes - 1;
          return complete();
      }
    },
  };
}

function misplaced(expected: 'method' | 'header' | 'body', method?: Method): AmqpProblem {
  const texts = {
    method: 'expected method frame, got non method frame instead',
    header: 'expected content header for class 60, got non content header frame instead',
    body: 'expected content body, got non content body frame instead',
  };
  return unexpectedFrame(texts[expected], method?.name);
}
