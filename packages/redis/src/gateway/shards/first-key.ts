import type { CommandTraits } from '../../protocol/commands/index.ts';

const known = new WeakMap<CommandTraits, boolean>();

/** Is its only key the word behind its name, and all that must be known of it? Most commands are such. */
export function isOfFirstKey(traits: CommandTraits): boolean {
  const before = known.get(traits);
  if (before !== undefined) return before;
  const [spec, ...others] = traits.keys;
  const is =
    traits.route === 'shared' &&
    others.length === 0 &&
    spec?.begin === 1 &&
    'last' in spec.find &&
    spec.find.last === 0;
  known.set(traits, is);
  return is;
}

/** Where the word behind the name stands, without a look at any other; undefined if there is none. */
export function firstKeyIn(bytes: Uint8Array): { readonly from: number; readonly to: number } | undefined {
  const name = bulkAt(bytes, lineEnd(bytes, 0));
  return name === undefined ? undefined : bulkAt(bytes, name.to + 2);
}

function bulkAt(bytes: Uint8Array, at: number): { readonly from: number; readonly to: number } | undefined {
  if (bytes[at] !== 36) return undefined;
  let length = 0;
  let cursor = at + 1;
  for (let digit: number; (digit = (bytes[cursor] ?? 0) - 48) >= 0 && digit <= 9; cursor += 1)
    length = length * 10 + digit;
  const from = cursor + 2;
  return { from, to: from + length };
}

function lineEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== 10) at += 1;
  return at + 1;
}
