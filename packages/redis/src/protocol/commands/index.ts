export type { CommandTable } from './table.ts';
export { createCommandTable, sharedBit, writeBit } from './table.ts';
export type { CommandTraits } from './traits.ts';
export { containerOf, unknownCommand } from './traits.ts';
