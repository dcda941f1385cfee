import type { Table, TableValue } from '../../protocol/table.ts';
import { writeTable } from '../../protocol/table.ts';

/** How a headers exchange compares a binding's arguments with a message's headers. */
export function matchesHeaders(wanted: Table, headers: Table): boolean {
  const how = wanted['x-match'] ?? 'all';
  const isWithX = how === 'all-with-x' || how === 'any-with-x';
  const pairs = Object.entries(wanted).filter(([key]) =>
    isWithX ? key !== 'x-match' : !key.startsWith('x-'),
  );
  const holds = ([key, value]: readonly [string, TableValue]): boolean => {
    const found = headers[key];
    if (found === undefined) return false;
    return value === null || isSame(value, found);
  };
  return how === 'any' || how === 'any-with-x' ? pairs.some(holds) : pairs.every(holds);
}

/** Numbers are the same whatever their width. */
function isSame(one: TableValue, other: TableValue): boolean {
  if (isNumber(one) && isNumber(other)) return Number(one) === Number(other);
  return writeTable({ value: one }).equals(writeTable({ value: other }));
}

const isNumber = (value: TableValue): value is number | bigint =>
  typeof value === 'number' || typeof value === 'bigint';
