/** A value as text: equal texts, equal values. Knows the maps and sets that rules like to keep. */
export function snapshot(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (part instanceof Map) return { map: [...part] };
    if (part instanceof Set) return { set: [...part] };
    if (part === undefined) return { undefined: true };
    if (typeof part === 'bigint' || typeof part === 'symbol' || typeof part === 'function')
      return String(part);
    if (typeof part === 'number' && !Number.isFinite(part)) return String(part);
    return part;
  });
}
