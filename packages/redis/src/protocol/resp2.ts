import type { RespValue } from './value.ts';
import { array, bulk, integer, nullBulk } from './value.ts';

/**
 * What a client that speaks RESP2 gets in place of a RESP3 value, as Redis itself converts it.
 * @example toResp2({ type: 'boolean', value: true }) // { type: 'integer', value: 1 }
 */
export function toResp2(value: RespValue): RespValue {
  switch (value.type) {
    case 'simple':
    case 'error':
    case 'integer':
    case 'bulk':
      return value;
    case 'null':
      return value.form === 'resp3' ? nullBulk : value;
    case 'array':
    case 'set':
    case 'push':
      return array(value.items.map(toResp2));
    case 'map':
      return array(value.entries.flat().map(toResp2));
    case 'double':
      return bulk(doubleText(value.value));
    case 'boolean':
      return integer(value.value ? 1 : 0);
    case 'bigNumber':
      return bulk(String(value.value));
    case 'bulkError':
      return { type: 'error', text: value.text };
    case 'verbatim':
      return bulk(value.bytes);
    case 'attributed':
      // RESP2 has no place for attributes.
      return toResp2(value.value);
  }
}

/** @example doubleText(-Infinity) // '-inf' */
export function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (value === Infinity) return 'inf';
  if (value === -Infinity) return '-inf';
  return Object.is(value, -0) ? '-0' : String(value);
}
