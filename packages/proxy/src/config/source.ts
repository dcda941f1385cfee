/** A place in the config: keys and list positions from the top. */
export type FieldPath = readonly (string | number)[];

/** Where config came from, so that a complaint can point at it. */
export interface ConfigSource {
  /** File name, or `command line`. */
  readonly name: string;
  /** Relative paths and adapters are looked up from here. */
  readonly folder: string;
  readonly data: unknown;
  /** 1-based; `undefined` where there are no lines. The nearest enclosing field, if the field itself is missing. */
  lineOf(path: FieldPath): number | undefined;
  /** What the user calls this field: a dotted path, or a flag. */
  labelOf(path: FieldPath): string;
}

/** @example dotted(['listeners', 0, 'listen']) // 'listeners.0.listen' */
export function dotted(path: FieldPath): string {
  return path.join('.');
}

/** The value at a path as it was written, before anything was put in for references. */
export function rawValue(data: unknown, path: FieldPath): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null
        ? (value as Record<string | number, unknown>)[key]
        : undefined,
    data,
  );
}
