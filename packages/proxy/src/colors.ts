import { createColors } from 'picocolors';

/**
 * Colours only where a person looks. By itself the library colours in every CI too, where its codes end up in logs
 * that programs read.
 */
export const colors = createColors(Boolean(process.stdout.isTTY) && process.env['NO_COLOR'] === undefined);
