/** Lists are short, so that reading a whole one stays cheap in a run of half an hour. */
const VALUES_PER_LIST = 100;

/** Which of its lists a worker is at. */
const turnOf = (sequence: number): string => String(Math.floor(sequence / VALUES_PER_LIST));

/** Spread over all shards. */
export function listKey(process: string, worker: number, sequence: number): string {
  return `history:${process}:list:${String(worker)}:${turnOf(sequence)}`;
}

export function counterKey(process: string): string {
  return `history:${process}:counter`;
}

export function queueKey(process: string, queue: number): string {
  return `history:{${process}:queue:${String(queue)}}`;
}

/** Of the same slot as its queue, as moves within a cluster must be. */
export function movedKey(process: string, queue: number, worker: number, sequence: number): string {
  return `${queueKey(process, queue)}:moved:${String(worker)}:${turnOf(sequence)}`;
}

export function groupKey(process: string, worker: number, sequence: number): string {
  return `history:{${process}:group:${String(worker)}}:${turnOf(sequence)}`;
}

/** The lists of a group, written by one transaction and read by one. */
export function listsOf(group: string): readonly string[] {
  return [`${group}:a`, `${group}:b`, `${group}:c`];
}

export function watchedKey(process: string): string {
  return `history:{${process}:watched}`;
}

/** `sharded` is that of `SSUBSCRIBE`. */
export type ChannelKind = 'plain' | 'pattern' | 'sharded';

export function channelOf(process: string, kind: ChannelKind): string {
  return `history:{${process}:${kind}}:channel`;
}

/** Those that are written from the beginning to the end. */
export function busyKeys(process: string): readonly string[] {
  return [
    counterKey(process),
    watchedKey(process),
    queueKey(process, 0),
    queueKey(process, 1),
    groupKey(process, 0, 0),
    groupKey(process, 1, 0),
  ];
}
