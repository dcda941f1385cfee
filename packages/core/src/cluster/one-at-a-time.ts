/** Runs jobs in the order in which they came: a job that comes while one runs waits until that is done. */
export function oneAtATime(): (job: () => void) => void {
  const waiting: (() => void)[] = [];
  let isBusy = false;
  return (job) => {
    waiting.push(job);
    if (isBusy) return;
    isBusy = true;
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) next();
    } finally {
      isBusy = false;
    }
  };
}
