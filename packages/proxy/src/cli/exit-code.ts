/** What each command's end says. Documented in `failover --help`. */
export const exitCode = {
  /** Done, drained, or as asked. */
  ok: 0,
  /** It could not start or go on; in the demo: something was lost by us or silently doubled. */
  failed: 1,
  /** The command line or the config is wrong: nothing was started. */
  usage: 2,
  /** `check`, `topology --once`: the config is right, but the cluster cannot be used now. */
  unreachable: 3,
} as const;

/** As a shell says it: ended by this signal. */
export function signalCode(signal: 'SIGINT' | 'SIGTERM'): number {
  return signal === 'SIGINT' ? 130 : 143;
}
