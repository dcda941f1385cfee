import { toParent } from '../process/module.ts';

export type IdleNews =
  | { readonly type: 'open'; readonly connections: number }
  | { readonly type: 'failed'; readonly reason: string };

/** In a process of idle clients: opens them, so many at a time, and tells the parent that they are open. */
export async function openIdle(
  connections: number,
  atOnce: number,
  openOne: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const openInTurn = async (): Promise<void> => {
    while (next < connections) await openOne(next++);
  };
  const news: IdleNews = await Promise.all(Array.from({ length: atOnce }, openInTurn)).then(
    () => ({ type: 'open', connections }),
    (error: unknown) => ({ type: 'failed', reason: String(error) }),
  );
  await toParent(news);
}
