import { nearest } from '../nearest.ts';
import type { AdapterField } from './adapter-fields.ts';

export interface ParsedFlags {
  /** As the adapter's `parse` wants it. */
  readonly config: Readonly<Record<string, unknown>>;
  /** `--replica-listen 6380` → role and address. */
  readonly listen: readonly { readonly role: string; readonly address: string }[];
  readonly complaints: readonly string[];
}

/**
 * Reads what is left of the command line by the adapter's own fields and roles.
 * @example parseFlags(['--peer', 'a:1', '--peer', 'b:2'], fields, []).config // { peers: ['a:1', 'b:2'] }
 */
export function parseFlags(
  words: readonly string[],
  fields: readonly AdapterField[],
  roles: readonly string[],
): ParsedFlags {
  const config: Record<string, unknown> = {};
  const listen: { readonly role: string; readonly address: string }[] = [];
  const complaints: string[] = [];
  const rest = [...words];

  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const match = /^--([^=]+)(?:=(.*))?$/s.exec(word);
    const flag = match?.[1];
    if (flag === undefined) {
      complaints.push(`"${word}" is no flag`);
      continue;
    }
    const field = fields.find(({ flags }) => flags.includes(flag));
    if (field?.kind === 'switch' && match?.[2] === undefined) {
      config[field.name] = true;
      continue;
    }
    const negated = fields.find(
      ({ kind, flags }) => kind === 'switch' && flags.some((each) => flag === `no-${each}`),
    );
    if (negated !== undefined) {
      config[negated.name] = false;
      continue;
    }
    const role = roles.find((each) => flag === `${each}-listen`);
    if (field === undefined && role === undefined) {
      const meant = nearest(flag, [
        ...fields.flatMap(({ flags }) => flags),
        ...roles.map((each) => `${each}-listen`),
      ]);
      complaints.push(`--${flag} is not known${meant === undefined ? '' : `; did you mean --${meant}?`}`);
      if (match?.[2] === undefined && rest[0]?.startsWith('--') === false) rest.shift();
      continue;
    }
    const value = match?.[2] ?? (rest[0]?.startsWith('--') === false ? rest.shift() : undefined);
    if (value === undefined) complaints.push(`--${flag} needs a value`);
    else if (role !== undefined) listen.push({ role, address: value });
    else if (field !== undefined) config[field.name] = valueOf(field, value, config[field.name]);
  }
  return { config, listen, complaints };
}

/** A list grows with each flag, and takes commas. A number that is none is left for the adapter to refuse. */
function valueOf(field: AdapterField, text: string, before: unknown): unknown {
  switch (field.kind) {
    case 'list':
      return [...(Array.isArray(before) ? (before as readonly unknown[]) : []), ...text.split(',')];
    case 'number':
      return Number.isNaN(Number(text)) ? text : Number(text);
    case 'switch':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'text':
      return text;
  }
}
