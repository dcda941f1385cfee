/** The words of the `CLIENT TRACKING ON …` that stands, as latin1, which keeps every byte; undefined: it is off. */
export type Tracking = readonly string[] | undefined;

/** What stands once this command was answered with OK. */
export function afterTracking(args: readonly Buffer[]): Tracking {
  const words = args.map((arg) => arg.toString('latin1'));
  return words[2]?.toUpperCase() === 'ON' ? words : undefined;
}

/** Invalidations would go to another connection: here that is a number of ours, which no server knows. */
export function redirects(args: readonly Buffer[]): boolean {
  return args.slice(3).some((arg) => arg.toString('latin1').toUpperCase() === 'REDIRECT');
}

/** Says to a client that caches: forget everything. A server writes the same when its keys are flushed. */
export const forgetAll: Buffer = Buffer.from('>2\r\n$10\r\ninvalidate\r\n_\r\n');
