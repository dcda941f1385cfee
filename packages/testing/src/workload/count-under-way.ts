import type { Operations } from './operations.ts';

/** The same operations; `add` is told when one begins and when it has settled. */
export function countUnderWay(operations: Operations, add: (change: 1 | -1) => void): Operations {
  async function count<T>(run: () => Promise<T>): Promise<T> {
    add(1);
    try {
      return await run();
    } finally {
      add(-1);
    }
  }
  return {
    append: (...args) => count(() => operations.append(...args)),
    increment: (...args) => count(() => operations.increment(...args)),
    read: (...args) => count(() => operations.read(...args)),
    readCounter: (...args) => count(() => operations.readCounter(...args)),
    outcomeOf: (error) => operations.outcomeOf(error),
  };
}
