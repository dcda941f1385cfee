import { describe, expect, it } from 'vitest';
import { createCommandTable } from './commands/index.ts';
import { createReplyDecoder } from './decode.ts';
import { createRequestDecoder } from './decode-request.ts';
import { RespProtocolError } from './protocol-error.ts';
import { createRequestScanner } from './scan-requests.ts';
import { createReplyScanner } from './scan.ts';
import { nastyReplies, nastyRequests } from './test-kit/corpus.ts';

/** What one reader made of the bytes: what it found, and what is wrong with them or whether it waits for more. */
interface Verdict {
  readonly found: unknown;
  readonly end: string;
}

type Reader = (chunks: readonly Buffer[]) => Verdict;

const table = createCommandTable();

const scanRequests: Reader = (chunks) => {
  const scanner = createRequestScanner({ commands: table });
  const found: string[] = [];
  let rest: Buffer = Buffer.alloc(0);
  let isAnnounced = false;
  for (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk]);
    let result = 'run';
    while (rest.length > 0 && result !== 'partial') {
      result = scanner.scan(rest, 0, rest.length);
      if (result === 'violation') return { found, end: scanner.problem };
      isAnnounced = result === 'partial' && scanner.wanted > rest.length + 5;
      if (result === 'partial') continue;
      const what = result === 'run' ? 'shared' : `special ${scanner.index}`;
      found.push(...Array.from({ length: result === 'run' ? scanner.count : 1 }, () => what));
      rest = rest.subarray(scanner.end);
    }
  }
  return { found, end: isAnnounced ? 'announced' : `${rest.length} bytes kept` };
};

const scanReplies: Reader = (chunks) => {
  const scanner = createReplyScanner({ maxLineBytes: 65_536 });
  let found = 0;
  for (const chunk of chunks) {
    const result = scanner.scan(chunk, 0, Infinity, false);
    if (result === 'violation') return { found: undefined, end: scanner.problem };
    found += scanner.count;
  }
  if (scanner.missingBytes > 0) return { found, end: 'announced' };
  return { found, end: scanner.isInside ? 'inside' : 'whole' };
};

/** What was whole before a violation is lost with it. */
function decodes(createDecoder: () => { feed(chunk: Uint8Array): readonly unknown[] }): Reader {
  return (chunks) => {
    const decoder = createDecoder();
    const found: unknown[] = [];
    try {
      for (const chunk of chunks) found.push(...decoder.feed(chunk).map(shown));
    } catch (error) {
      if (error instanceof RespProtocolError) return { found: undefined, end: error.message };
      throw error;
    }
    return { found, end: 'taken' };
  };
}

/** Large buffers are slow to compare. */
const shown = (value: unknown): string =>
  JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? `${each}n` : each));

const readers: readonly (readonly [title: string, read: Reader])[] = [
  ['the scanner of requests', scanRequests],
  ['the scanner of replies', scanReplies],
  ['the decoder of requests', decodes(() => createRequestDecoder({ maxBulkBytes: 1024 }))],
  ['the decoder of replies', decodes(() => createReplyDecoder({ maxBulkBytes: 1024 }))],
];
/** Both ways: who sends a request may be taken for a server, and the other way about. */
const corpus = [...nastyRequests, ...nastyReplies].map((text) => Buffer.from(text, 'latin1'));

/** At every byte; of what is long at the first, the last, and where a limit is. */
function cutsOf({ length }: Buffer): readonly number[] {
  const all = Array.from({ length: Math.max(0, length - 1) }, (_, at) => at + 1);
  const isNearLimit = (at: number): boolean => Math.abs(at - 65_536) < 4;
  return length <= 1000 ? all : all.filter((at) => at < 20 || at > length - 20 || isNearLimit(at));
}

describe.each(readers)('%s', (_title, read) => {
  it.each(corpus.map((bytes) => [JSON.stringify(bytes.toString('latin1', 0, 40)), bytes] as const))(
    'says the same of %s wherever it is cut',
    (_text, bytes) => {
      const whole = read([bytes]);
      for (const at of cutsOf(bytes)) {
        expect([at, read([bytes.subarray(0, at), bytes.subarray(at)])]).toEqual([at, whole]);
      }
      if (bytes.length <= 1000) expect(read([...bytes].map((byte) => Buffer.from([byte])))).toEqual(whole);
    },
  );

  it('does not wait for ever behind any of it, unless for bytes that were announced', () => {
    const endless = Array.from({ length: 20 }, () => Buffer.alloc(8192, 'x'));
    for (const bytes of corpus) {
      const { end } = read([bytes, ...endless]);
      expect([bytes.toString('latin1', 0, 40), end]).not.toEqual([
        expect.any(String),
        expect.stringMatching(/kept|inside|whole|taken/),
      ]);
    }
  });
});
