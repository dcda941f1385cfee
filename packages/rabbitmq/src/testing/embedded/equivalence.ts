import type { Table, TableValue } from '../../protocol/table.ts';
import { writeTable } from '../../protocol/table.ts';
import { preconditionFailed, type AmqpProblem } from './problem.ts';

/** A declaration repeated must say the same. @throws AmqpProblem in the words of RabbitMQ */
export function checkSame(
  of: string,
  name: string,
  received: string | boolean,
  current: string | boolean,
): void {
  if (received !== current) throw inequivalent(of, name, `'${received}'`, `'${current}'`);
}

export function checkSameArguments(
  name: string,
  keys: readonly string[],
  received: Table,
  current: Table,
): void {
  for (const key of keys) {
    const [one, other] = [received[key], current[key]];
    if (one === undefined && other === undefined) continue;
    if (one === undefined || other === undefined) throw inequivalent(key, name, inWords(one), inWords(other));
    if (!isSame(one, other)) throw inequivalent(key, name, `'${plain(one)}'`, `'${plain(other)}'`);
  }
}

function inequivalent(of: string, name: string, received: string, current: string): AmqpProblem {
  return preconditionFailed(
    `inequivalent arg '${of}' for ${name}: received ${received} but current is ${current}`,
  );
}

function isSame(one: TableValue, other: TableValue): boolean {
  if (typeof one === 'bigint' || typeof other === 'bigint') return Number(one) === Number(other);
  return writeTable({ value: one }).equals(writeTable({ value: other }));
}

function inWords(value: TableValue | undefined): string {
  return value === undefined ? 'none' : `the value '${plain(value)}' of type '${typeOf(value)}'`;
}

function plain(value: TableValue): string {
  if (typeof value !== 'object') return String(value);
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? Number(inner) : inner));
}

function typeOf(value: TableValue): string {
  switch (typeof value) {
    case 'string':
      return 'longstr';
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'long';
    case 'number':
      return Number.isInteger(value) ? 'signedint' : 'double';
    default:
      return Array.isArray(value) ? 'array' : 'table';
  }
}
