/** Lists are short, so that reading a whole one stays cheap in a run of half an hour. */
const VALUES_PER_LIST = 100;

export function listKey(process: string, worker: number, sequence: number): string {
  return `${listPrefix(process)}${String(worker)}:${String(Math.floor(sequence / VALUES_PER_LIST))}`;
}

export function listPrefix(process: string): string {
  return `history:${process}:list:`;
}

export function counterKey(process: string): string {
  return `history:${process}:counter`;
}
