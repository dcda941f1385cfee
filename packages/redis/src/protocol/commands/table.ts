import { knownTraits } from './traits-of.ts';
import type { CommandTraits } from './traits.ts';
import { containerOf, unknownCommand } from './traits.ts';

/** What a gateway knows of commands. */
export interface CommandTable {
  /** By index; 0 is every command that is not known. A container stands for all its subcommands. */
  readonly traits: readonly CommandTraits[];
  /** `sharedBit` and `writeBit` of each command, by index: what the hot path needs to know. */
  readonly bits: Uint8Array;
  /** The index of the command whose name stands there, in any case; 0 if it is not known. */
  indexOf(bytes: Uint8Array, start: number, length: number): number;
  /** With the word behind the name, which says more of a container. */
  traitsOf(index: number, secondWord: () => string): CommandTraits;
}

export const sharedBit = 1;
export const writeBit = 2;

const longestName = 20;
/** At most a quarter of the slots is taken. */
const slotsFor = (names: number): number => 2 ** Math.ceil(Math.log2(names * 4));

const subcommands: ReadonlyMap<string, CommandTraits> = new Map(
  knownTraits.filter(({ name }) => name.includes(' ')).map((traits) => [traits.name, traits]),
);
const containers: ReadonlySet<string> = new Set([...subcommands.keys()].map(containerOf));

/** `shared`: names of commands, as of modules, that their user knows to leave no state on a connection. */
export function createCommandTable(shared: readonly string[] = []): CommandTable {
  const isShared = new Set(shared.map((name) => name.toUpperCase()));
  const known = knownTraits.filter(({ name }) => !subcommands.has(name) && !isShared.has(name));
  const traits: readonly CommandTraits[] = [
    unknownCommand,
    ...known,
    ...[...isShared].map((name): CommandTraits => ({
      ...unknownCommand,
      name,
      route: 'shared',
      isBlocking: false,
    })),
  ];

  // Names are compared with bit 5 set, which folds the case of letters. Open addressing, so that a name costs its
  // own bytes twice: once for the hash, once to be sure that it is the one.
  const slots = new Uint16Array(slotsFor(traits.length));
  const slotMask = slots.length - 1;
  const names = new Uint8Array(traits.length * longestName);
  const lengths = new Uint8Array(traits.length);

  traits.forEach(({ name }, index) => {
    if (index === 0) return;
    const bytes = Buffer.from(name);
    let hash = bytes.length;
    for (const [at, byte] of bytes.entries()) {
      names[index * longestName + at] = byte | 32;
      hash = (Math.imul(hash, 31) + (byte | 32)) | 0;
    }
    lengths[index] = bytes.length;
    let slot = hash & slotMask;
    while (slots[slot] !== 0) slot = (slot + 1) & slotMask;
    slots[slot] = index;
  });

  return {
    traits,
    bits: Uint8Array.from(
      traits,
      ({ route, isWrite }) => (route === 'shared' ? sharedBit : 0) | (isWrite ? writeBit : 0),
    ),
    indexOf(bytes, start, length) {
      if (length > longestName) return 0;
      let hash = length;
      const end = start + length;
      for (let at = start; at < end; at += 1) hash = (Math.imul(hash, 31) + ((bytes[at] as number) | 32)) | 0;
      for (let slot = hash & slotMask; ; slot = (slot + 1) & slotMask) {
        const index = slots[slot] as number;
        if (index === 0) return 0;
        if (lengths[index] !== length) continue;
        let at = 0;
        const base = index * longestName;
        while (at < length && names[base + at] === ((bytes[start + at] as number) | 32)) at += 1;
        if (at === length) return index;
      }
    },
    traitsOf(index, secondWord) {
      const own = traits[index] ?? unknownCommand;
      return containers.has(own.name)
        ? (subcommands.get(`${own.name} ${secondWord().toUpperCase()}`) ?? own)
        : own;
    },
  };
}
