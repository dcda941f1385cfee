export type { CommandTable } from './table.ts';
export { createCommandTable, sharedBit, writeBit } from './table.ts';
export { keysOf } from './keys-of.ts';
export type { CommandTraits } from './traits.ts';
export { containerOf, unknownCommand } from './traits.ts';
