import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

// The table in docs/rabbitmq.md against the types that amqplib brings.

const read = (url: string): string => readFileSync(new URL(url, import.meta.url), 'utf8');
const types = readFileSync(
  join(dirname(createRequire(import.meta.url).resolve('amqplib')), 'index.d.ts'),
  'utf8',
);

/** What stands in the braces after these words, which end at a line of their own. */
function block(head: string): string {
  const from = types.indexOf(`export ${head} `);
  expect(from, `${head} in the types of amqplib`).toBeGreaterThanOrEqual(0);
  return types.slice(from, types.indexOf('\n}', from));
}

/** Its methods and properties, and its events as `event x`. */
function membersOf(head: string): readonly string[] {
  const text = block(head);
  const named = [...text.matchAll(/^ {2}(?:readonly )?(\w+)[(:]/gm)].map(([, name = '']) => name);
  const events = [...text.matchAll(/^ {2}on\(event: '([^']+)'/gm)].map(([, name = '']) => `event ${name}`);
  return [...named.filter((name) => name !== 'on' && name !== 'constructor'), ...events];
}

const members = new Set([
  'connect',
  'credentials',
  'IllegalOperationError',
  ...membersOf('declare class IllegalOperationError').filter((name) => name !== 'name'),
  ...membersOf('declare const credentials:').filter((name) => !/^(mechanism|response)$/.test(name)),
  ...['Connection', 'ChannelModel', 'Channel', 'ConfirmChannel'].flatMap((name) =>
    membersOf(`interface ${name}`),
  ),
]);

interface Row {
  readonly members: readonly string[];
  readonly tests: readonly string[];
}

const quoted = (text: string): readonly string[] =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);

function tableRows(): readonly Row[] {
  const lines = read('../../../../docs/rabbitmq.md').split('\n');
  const from = lines.findIndex((line) => line.startsWith('| member '));
  const length = lines.slice(from).findIndex((line) => !line.startsWith('|'));
  return lines.slice(from + 2, from + length).map((line) => {
    const [, names = '', , tests = ''] = line.split('|');
    return { members: quoted(names), tests: quoted(tests) };
  });
}

const source = (test: string): string =>
  ['.', '../gateway']
    .map((folder) => `${folder}/${test}.test.ts`)
    .find((file) => existsSync(new URL(file, import.meta.url))) ?? '';

describe('the table of members in docs/rabbitmq.md', () => {
  const rows = tableRows();

  it('has a row for each that amqplib has, and for no other but qos', () => {
    expect(members.size).toBeGreaterThan(40);
    const listed = rows.flatMap((row) => row.members);
    expect([...listed].sort()).toEqual([...members, 'qos'].sort());
  });

  it.each([...members])(
    '%s is called where we are compared with amqplib, or in the tests of its row',
    (member) => {
      const row = rows.find((each) => each.members.includes(member));
      const texts = [
        read('./test-kit/transcript.ts'),
        read('./test-kit/events.ts'),
        ...(row?.tests ?? []).map((test) => read(source(test))),
      ].join('\n');
      const event = /^event (.+)/.exec(member)?.[1];
      if (event !== undefined) expect(texts).toMatch(new RegExp(`(?:on|once)\\(\\s*'${event}'`));
      else expect(texts).toMatch(new RegExp(`\\b${member}\\b`));
    },
  );

  it.each(rows)('$members name tests that are there', ({ tests }) => {
    expect(tests).not.toEqual([]);
    for (const test of tests) expect([test, source(test)]).not.toEqual([test, '']);
  });
});
