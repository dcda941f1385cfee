import type { Entrant } from './arena.ts';

/** One after the other; if one fails, those before it end. */
export async function startAll(starts: readonly (() => Promise<Entrant>)[]): Promise<readonly Entrant[]> {
  const started: Entrant[] = [];
  try {
    for (const start of starts) started.push(await start());
    return started;
  } catch (error) {
    await Promise.all(started.map((entrant) => entrant[Symbol.asyncDispose]()));
    throw error;
  }
}
