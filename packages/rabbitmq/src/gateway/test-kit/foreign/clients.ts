import { fileURLToPath } from 'node:url';
import type { Foreign } from '@failover/testing';
import { goProgram, javaProgram, pythonProgram } from '@failover/testing';
import type { Line } from './seen.ts';

export interface ForeignClient {
  readonly name: string;
  /** What its queue and its connection are called. */
  readonly id: string;
  readonly client: Foreign<Line>;
  /** What its program is told before its id and the port. */
  readonly args: readonly string[];
}

const here = (name: string): string => fileURLToPath(new URL(`./${name}`, import.meta.url));

/** Each pinned, as its package comes. */
export async function foreignClients(): Promise<readonly ForeignClient[]> {
  const python = { package: 'pika', version: '1.4.4', module: 'pika.adapters.asyncio_connection' } as const;
  const pika = await pythonProgram<Line>({ ...python, script: here('load.py') });
  const java = await javaProgram<Line>({ name: 'amqp-client-5.37.1', folder: here('amqp-client') });
  const go = await goProgram<Line>({ name: 'amqp091-go-load', folder: here('amqp091-go') });
  return [
    { name: 'pika, blocking', id: 'pika-blocking', client: pika, args: ['blocking'] },
    { name: 'pika, asyncio', id: 'pika-asyncio', client: pika, args: ['asyncio'] },
    { name: 'Java with its own recovery', id: 'java', client: java, args: [] },
    { name: 'amqp091-go', id: 'go', client: go, args: [] },
  ];
}
