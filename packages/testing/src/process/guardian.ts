import { spawn, type ChildProcess } from 'node:child_process';

/**
 * A shell that outlives us by a moment. It reads `+pid` and `-pid` lines, and when our end of the pipe
 * closes (exit, Ctrl-C, crash, even SIGKILL) it kills the process groups that are left. SIGKILL also ends
 * a stopped process. A signal handler of our own could do none of this after a SIGKILL, and would change
 * what Ctrl-C does in the program that uses us.
 */
const script = `
pids=' '
while read -r op pid; do
  case $op in
    +) pids="$pids$pid " ;;
    -) pids="\${pids%% $pid *} \${pids#* $pid }" ;;
  esac
done
for pid in $pids; do kill -s KILL -- "-$pid" 2>/dev/null; done
exit 0
`;

const guarded = new Set<number>();
let guardian: ChildProcess | undefined;

function startGuardian(): ChildProcess {
  // Detached: a Ctrl-C goes to the whole foreground group, and the guardian must survive it.
  const child = spawn('/bin/sh', ['-c', script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  child.unref();
  // A ChildProcess' stdin is a socket, but it is typed as a plain stream.
  (child.stdin as unknown as { unref(): void }).unref();
  child.stdin?.on('error', () => undefined);
  child.on('error', () => undefined);
  child.once('exit', () => {
    if (guardian === child) guardian = undefined;
  });
  return child;
}

function tell(line: string): void {
  if (guardian === undefined) {
    guardian = startGuardian();
    for (const pid of guarded) guardian.stdin?.write(`+ ${pid}\n`);
  }
  guardian.stdin?.write(line);
}

/** Kills a process and all that it started. False if nothing of the group is left. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}

function killAll(): void {
  for (const pid of guarded) signalGroup(pid, 'SIGKILL');
}

/** From now on this process group does not outlive us. `pid` must lead its group (`detached: true`). */
export function guard(pid: number): void {
  if (guarded.size === 0) process.on('exit', killAll);
  tell(`+ ${pid}\n`);
  guarded.add(pid);
}

/** The group has ended: its number may soon belong to somebody else. */
export function unguard(pid: number): void {
  if (!guarded.delete(pid)) return;
  if (guarded.size === 0) process.off('exit', killAll);
  // Without a guardian there is nobody to tell: a new one is told who is left.
  guardian?.stdin?.write(`- ${pid}\n`);
}
