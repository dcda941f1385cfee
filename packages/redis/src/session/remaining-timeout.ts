/**
 * The same blocking command with the time that is left of its timeout, for the server that it waits at next.
 * No timeout stays none. Where the time is up the shortest wait remains, so that the reply is the server's own.
 */
export function withRemainingTimeout(args: readonly Buffer[], waitedMs: number): readonly Buffer[] {
  const name = args[0]?.toString('latin1').toUpperCase() ?? '';
  switch (name) {
    case 'BLPOP':
    case 'BRPOP':
    case 'BZPOPMIN':
    case 'BZPOPMAX':
    case 'BLMOVE':
    case 'BRPOPLPUSH':
      return replaced(args, args.length - 1, 1000, waitedMs);
    case 'BLMPOP':
    case 'BZMPOP':
      return replaced(args, 1, 1000, waitedMs);
    case 'XREAD':
    case 'XREADGROUP': {
      const at = args.findIndex((arg) => arg.toString('latin1').toUpperCase() === 'BLOCK');
      return at === -1 ? args : replaced(args, at + 1, 1, waitedMs);
    }
    default:
      return args;
  }
}

function replaced(
  args: readonly Buffer[],
  at: number,
  msPerUnit: number,
  waitedMs: number,
): readonly Buffer[] {
  const timeout = Number(args[at]?.toString('latin1'));
  if (!(timeout > 0)) return args;
  const leftMs = Math.max(1, Math.round(timeout * msPerUnit - waitedMs));
  return args.map((arg, index) => (index === at ? Buffer.from(String(leftMs / msPerUnit)) : arg));
}
