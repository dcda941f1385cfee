interface Ended {
  readonly outcome: string;
  readonly error?: string | undefined;
}

/** How often each error came, with its outcome. */
export function countErrors(ended: readonly Ended[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { outcome, error } of ended) {
    if (error === undefined) continue;
    const kind = `${outcome}: ${error}`;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}
