import { readFileSync } from 'node:fs';

/** Linux counts a process's time in ticks of 10 ms (USER_HZ is 100 on every architecture that Node runs on). */
const TICK_MS = 10;

/** CPU time that a process has used so far, user and system, all threads. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  // The second field is the command in brackets and may hold spaces: count from behind the last bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
