import type { Table } from '../../protocol/table.ts';
import { writeTable } from '../../protocol/table.ts';

export interface Destination {
  readonly kind: 'queue' | 'exchange';
  readonly name: string;
}

export interface Binding {
  readonly source: string;
  readonly destination: Destination;
  readonly routingKey: string;
  readonly arguments: Table;
}

/** Bindings by their source: binding twice is binding once. */
export interface Bindings {
  add(binding: Binding): void;
  /** Unbinding what is not bound is no error. Tells whether it was bound. */
  remove(binding: Binding): boolean;
  has(binding: Binding): boolean;
  from(source: string): Iterable<Binding>;
  hasAny(source: string): boolean;
  /** Forgets everything from and to it; returns the sources that lost a binding. */
  forget(end: Destination): readonly string[];
}

export function createBindings(): Bindings {
  const bySource = new Map<string, Map<string, Binding>>();

  function drop(source: string, key: string): boolean {
    const bindings = bySource.get(source);
    const isDropped = bindings?.delete(key) ?? false;
    if (bindings?.size === 0) bySource.delete(source);
    return isDropped;
  }

  return {
    add(binding) {
      const bindings = bySource.get(binding.source) ?? new Map<string, Binding>();
      bySource.set(binding.source, bindings.set(keyOf(binding), binding));
    },
    remove: (binding) => drop(binding.source, keyOf(binding)),
    has: (binding) => bySource.get(binding.source)?.has(keyOf(binding)) ?? false,
    from: (source) => bySource.get(source)?.values() ?? [],
    hasAny: (source) => bySource.has(source),
    forget({ kind, name }) {
      if (kind === 'exchange') bySource.delete(name);
      const lost = new Set<string>();
      for (const [source, bindings] of [...bySource]) {
        for (const [key, { destination }] of [...bindings]) {
          if (destination.kind === kind && destination.name === name && drop(source, key)) lost.add(source);
        }
      }
      return [...lost];
    },
  };
}

function keyOf({ destination, routingKey, arguments: args }: Binding): string {
  return `${destination.kind} ${destination.name}\0${routingKey}\0${writeTable(args).toString('latin1')}`;
}
