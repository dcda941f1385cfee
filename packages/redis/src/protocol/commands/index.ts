export type { CommandTable } from './table.ts';
export { commandTable, createCommandTable, sharedBit, writeBit } from './table.ts';
export type { CommandTraits } from './traits.ts';
export { unknownCommand } from './traits.ts';
