/** A field of an adapter's config that can be given as a flag. */
export interface AdapterField {
  readonly name: string;
  readonly kind: 'list' | 'switch' | 'number' | 'text';
  /** Without dashes, the singular of a list first: `sentinel`, `sentinels`. */
  readonly flags: readonly string[];
  readonly description: string;
}

type Schema = Readonly<Record<string, unknown>>;

/** Reads the adapter's JSON Schema, so that no flag of any backend is written down here. */
export function adapterFields(schema: Schema): readonly AdapterField[] {
  const fields = new Map<string, AdapterField>();
  for (const part of partsOf(schema, schema)) {
    for (const [name, property] of Object.entries(asRecord(part['properties']) ?? {})) {
      if (fields.has(name)) continue;
      const kind = kindOf(property, schema);
      if (kind === undefined) continue;
      const description = asRecord(property)?.['description'];
      fields.set(name, {
        name,
        kind,
        flags: flagsOf(name, kind),
        description: typeof description === 'string' ? description : '',
      });
    }
  }
  return [...fields.values()];
}

/** @example kebab('downAfterMs') // 'down-after-ms' */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function flagsOf(name: string, kind: AdapterField['kind']): readonly string[] {
  const flag = kebab(name);
  if (kind !== 'list' || !flag.endsWith('s')) return [flag];
  return [flag.endsWith('sses') ? flag.slice(0, -2) : flag.slice(0, -1), flag];
}

/** The schema itself and the branches that it is put together from. */
function partsOf(value: unknown, root: Schema): readonly Schema[] {
  const schema = deref(value, root);
  if (schema === undefined) return [];
  const branches = ['allOf', 'anyOf', 'oneOf'].flatMap((key) => {
    const list = schema[key];
    return Array.isArray(list) ? list.flatMap((branch) => partsOf(branch, root)) : [];
  });
  return [schema, ...branches];
}

/** Objects have no flag, and neither have lists of nothing else: they belong in a file. */
function kindOf(property: unknown, root: Schema): AdapterField['kind'] | undefined {
  const parts = partsOf(property, root);
  const types = new Set(parts.flatMap(typesOf));
  if (types.has('array')) return parts.some(({ items }) => isObject(items, root)) ? undefined : 'list';
  if (types.has('string')) return 'text';
  if (types.has('number') || types.has('integer')) return 'number';
  return types.has('boolean') ? 'switch' : undefined;
}

function isObject(items: unknown, root: Schema): boolean {
  const types = new Set(partsOf(items, root).flatMap(typesOf));
  types.delete(undefined);
  return types.size === 1 && types.has('object');
}

function typesOf(schema: Schema): readonly unknown[] {
  const given = schema['type'] ?? typesOfValues(schema);
  return Array.isArray(given) ? given : [given];
}

/** An enum or a constant may leave its type unsaid. */
function typesOfValues(schema: Schema): readonly string[] {
  const values = Array.isArray(schema['enum']) ? schema['enum'] : 'const' in schema ? [schema['const']] : [];
  return values.map((value) => typeof value);
}

function deref(value: unknown, root: Schema): Schema | undefined {
  const schema = asRecord(value);
  const ref = schema?.['$ref'];
  if (typeof ref !== 'string' || !ref.startsWith('#/')) return schema;
  const found = ref
    .slice(2)
    .split('/')
    .reduce<unknown>((at, key) => asRecord(at)?.[key], root);
  return asRecord(found);
}

function asRecord(value: unknown): Schema | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Schema) : undefined;
}
