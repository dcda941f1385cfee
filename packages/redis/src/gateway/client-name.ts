import { error } from '../protocol/value.ts';

/** It stands in CLIENT LIST, in a field of a line. */
export const isClientName = (text: string): boolean => /^[!-~]*$/.test(text);

export const badClientName = error('ERR Client names cannot contain spaces, newlines or special characters.');
