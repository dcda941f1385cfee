/** Every type of RESP2 and RESP3, as the wire tells them apart. */
export type RespValue =
  | { readonly type: 'simple'; readonly text: string }
  | { readonly type: 'error'; readonly text: string }
  /** A bigint only where a number would not be exact. */
  | { readonly type: 'integer'; readonly value: number | bigint }
  | { readonly type: 'bulk'; readonly bytes: Uint8Array }
  /** RESP2 has a null bulk string and a null array, RESP3 one null for both. */
  | { readonly type: 'null'; readonly form: 'bulk' | 'array' | 'resp3' }
  | { readonly type: 'array'; readonly items: readonly RespValue[] }
  | { readonly type: 'double'; readonly value: number }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'bigNumber'; readonly value: bigint }
  | { readonly type: 'bulkError'; readonly text: string }
  /** `format` has three characters, for example `txt`. */
  | { readonly type: 'verbatim'; readonly format: string; readonly bytes: Uint8Array }
  | { readonly type: 'map'; readonly entries: readonly RespEntry[] }
  | { readonly type: 'set'; readonly items: readonly RespValue[] }
  | { readonly type: 'push'; readonly items: readonly RespValue[] }
  /** A value that the server annotated. */
  | { readonly type: 'attributed'; readonly attributes: readonly RespEntry[]; readonly value: RespValue };

export type RespEntry = readonly [key: RespValue, value: RespValue];

export const simple = (text: string): RespValue => ({ type: 'simple', text });
export const error = (text: string): RespValue => ({ type: 'error', text });
export const integer = (value: number | bigint): RespValue => ({ type: 'integer', value });
export const array = (items: readonly RespValue[]): RespValue => ({ type: 'array', items });
export const nullBulk: RespValue = { type: 'null', form: 'bulk' };
export const nullArray: RespValue = { type: 'null', form: 'array' };

export function bulk(content: string | Uint8Array): RespValue {
  return { type: 'bulk', bytes: typeof content === 'string' ? Buffer.from(content) : content };
}

/** The text of any of the string types; an error is not a string. */
export function textOf(value: RespValue | undefined): string | undefined {
  if (value?.type === 'simple') return value.text;
  if (value?.type !== 'bulk' && value?.type !== 'verbatim') return undefined;
  return Buffer.from(value.bytes.buffer, value.bytes.byteOffset, value.bytes.byteLength).toString();
}

/** The items of any of the list types, in order. A map's keys and values alternate, as they do in RESP2. */
export function itemsOf(value: RespValue | undefined): readonly RespValue[] | undefined {
  if (value?.type === 'array' || value?.type === 'set' || value?.type === 'push') return value.items;
  return value?.type === 'map' ? value.entries.flat() : undefined;
}
