import fc from 'fast-check';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { benchTop, command } from './test-kit/bench-top.ts';
import type { Handler, ScriptedServer } from './test-kit/scripted-server.ts';

// Each reply is the argument itself, so that a reply at the wrong place shows.
const echo: Handler = (args) => `$${String(args.at(-1)).length}\r\n${String(args.at(-1))}\r\n`;
const echoed = (key: string): string => `$${key.length}\r\n${key}\r\n`;

/** Commands of every route, each with its number. */
const kind = fc.constantFrom('GET', 'SET key', 'EVAL', 'OBJECT ENCODING', 'BLPOP list', 'HGET h', 'ECHO');
const commands = (count: number) => fc.array(kind, { minLength: count, maxLength: count });
const cuts = fc.array(fc.nat(100_000), { maxLength: 40 });

/** A server that is lost after so many commands, seen so many turns later. */
const loss = fc.record({ after: fc.nat(60), isFenced: fc.boolean(), turns: fc.nat(20) });

function fallSilent(server: ScriptedServer | undefined, after: number): void {
  if (server === undefined) return;
  let executed = 0;
  server.handler = (args, connection) => {
    executed += 1;
    return executed > after ? undefined : echo(args, connection);
  };
}

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

  it('[34] answers each command exactly once and in order when servers are lost one after the other, anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(
        commands(60),
        cuts,
        fc.array(loss, { minLength: 1, maxLength: 2 }),
        async (kinds, at, losses) => {
          // After so many commands a server falls silent, which is how a dead one looks; the last one does not.
          await using top = benchTop(echo);
          const servers = [...top.servers].slice(0, losses.length + 1);
          losses.forEach(({ after }, index) => fallSilent(servers[index]?.[1], after));
          const client = top.connect();
          const whole = kinds.map((each, number) => command(...each.split(' '), `n${number}`)).join('');
          for (const piece of pieces(whole, at)) {
            client.write(piece);
            await turn();
          }
          for (const [index, { isFenced, turns }] of losses.entries()) {
            for (let left = turns; left > 0; left -= 1) await turn();
            if (isFenced) top.cluster.fence();
            else {
              top.cluster.doubt();
              for (const connection of servers[index]?.[1].connections ?? []) connection.close();
            }
            await turn();
            const [successor] = servers[index + 1] ?? [];
            if (successor !== undefined) top.cluster.grant(successor);
          }

          const answers = await answersOf(client, kinds.length);
          const ran = (number: number): number[] =>
            servers.map(([, { received }]) => received.filter((args) => args.at(-1) === `n${number}`).length);
          const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);
          answers.forEach((answer, number) => {
            const isRead = /^(GET|OBJECT|HGET|ECHO)/.test(kinds[number] ?? '');
            const counts = ran(number);
            if (answer.startsWith('-OUTCOMEUNKNOWN')) {
              // Sent once, to a server that was lost, and never again.
              expect([sum(counts), counts.at(-1), isRead]).toEqual([1, 0, false]);
            } else if (answer.startsWith('-TRYAGAIN')) {
              expect(counts.at(-1)).toBe(0);
              expect(isRead || sum(counts) === 0).toBe(true);
            } else {
              expect(answer).toBe(echoed(`n${number}`));
              if (!isRead) expect(sum(counts)).toBe(1);
            }
          });
        },
      ),
      { numRuns: 100 },
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
