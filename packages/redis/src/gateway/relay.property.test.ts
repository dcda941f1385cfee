import fc from 'fast-check';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { benchTop, command } from './test-kit/bench-top.ts';
import type { Handler } from './test-kit/scripted-server.ts';

// Each reply is the argument itself, so that a reply at the wrong place shows.
const echo: Handler = (args) => `$${String(args.at(-1)).length}\r\n${String(args.at(-1))}\r\n`;
const echoed = (key: string): string => `$${key.length}\r\n${key}\r\n`;

/** Commands of every route, each with its number. */
const kind = fc.constantFrom('GET', 'SET key', 'EVAL', 'OBJECT ENCODING', 'BLPOP list', 'HGET h', 'ECHO');
const commands = (count: number) => fc.array(kind, { minLength: count, maxLength: count });
const cuts = fc.array(fc.nat(100_000), { maxLength: 40 });

function pieces(whole: string, at: readonly number[]): readonly string[] {
  const marks = [...new Set([0, ...at.map((each) => each % whole.length), whole.length])].sort(
    (a, b) => a - b,
  );
  return marks.slice(1).map((end, index) => whole.slice(marks[index], end));
}

describe('a relay, whatever comes', () => {
  it('[40] answers 1000 pipelined commands in order, wherever their bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(commands(1000), cuts, fc.boolean(), async (kinds, at, isSlow) => {
        await using top = benchTop(echo, { limits: { maxPendingBytes: isSlow ? 500 : 1_000_000 } });
        const client = top.connect();
        const whole = kinds.map((each, number) => command(...each.split(' '), `n${number}`)).join('');
        for (const piece of pieces(whole, at)) {
          client.write(piece);
          await turn();
        }
        await client.receives(kinds.map((_, number) => echoed(`n${number}`)).join(''));
      }),
      { numRuns: 25 },
    );
  }, 60_000);

  it('[34] answers each command exactly once and in order when the server is lost anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(
        commands(60),
        cuts,
        fc.nat(60),
        fc.boolean(),
        async (kinds, at, lostAfter, isFenced) => {
          let executed = 0;
          // After `lostAfter` commands the first server falls silent, which is how a dead one looks.
          await using top = benchTop((args, connection) => {
            executed += 1;
            return executed > lostAfter ? undefined : echo(args, connection);
          });
          top.b.handler = echo;
          const client = top.connect();
          const whole = kinds.map((each, number) => command(...each.split(' '), `n${number}`)).join('');
          for (const piece of pieces(whole, at)) {
            client.write(piece);
            await turn();
          }
          for (let left = 20; left > 0; left -= 1) await turn();
          if (isFenced) top.cluster.fence();
          else {
            top.cluster.doubt();
            for (const connection of top.a.connections) connection.close();
          }
          await turn();
          top.cluster.grant(top.second);

          const answers = await answersOf(client, kinds.length);
          const ran = (server: 'a' | 'b', number: number): number =>
            top[server].received.filter((args) => args.at(-1) === `n${number}`).length;
          answers.forEach((answer, number) => {
            const isRead = /^(GET|OBJECT|HGET|ECHO)/.test(kinds[number] ?? '');
            const onNew = ran('b', number);
            if (answer.startsWith('-OUTCOMEUNKNOWN')) {
              // Sent once, to the old server, and never again.
              expect([ran('a', number), onNew, isRead]).toEqual([1, 0, false]);
            } else if (answer.startsWith('-TRYAGAIN')) {
              expect(onNew).toBe(0);
              expect(isRead || ran('a', number) === 0).toBe(true);
            } else {
              expect(answer).toBe(echoed(`n${number}`));
              if (!isRead) expect(ran('a', number) + onNew).toBe(1);
            }
          });
        },
      ),
      { numRuns: 60 },
    );
  }, 60_000);
});

async function answersOf(client: { readonly text: string }, count: number): Promise<readonly string[]> {
  const pattern = /\$\d+\r\n[^\r]*\r\n|-[^\r]*\r\n/g;
  for (let left = 3000; left > 0; left -= 1) {
    const answers = client.text.match(pattern) ?? [];
    if (answers.length >= count) {
      expect(answers.join('')).toBe(client.text);
      return answers;
    }
    await turn();
  }
  throw new Error(`only ${client.text.match(pattern)?.length ?? 0} of ${count} were answered`);
}
