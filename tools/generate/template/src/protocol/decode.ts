import type { Reply, Request } from './message.ts';

/** `undefined` for a word that is not ours: an error to answer, never a wait. */
export function decodeRequest(line: string): Request | undefined {
  if (line === 'PEERS') return { type: 'peers' };
  if (line.startsWith('ECHO ')) return { type: 'echo', text: line.slice(5) };
  if (line.startsWith('PREFIX ')) return { type: 'prefix', text: line.slice(7) };
  return undefined;
}

/** `undefined` if the other side does not speak our protocol. */
export function decodeReply(line: string): Reply | undefined {
  if (line.startsWith('+')) return { type: 'text', text: line.slice(1) };
  const error = /^-(\S+) ?(.*)$/.exec(line);
  return error?.[1] === undefined ? undefined : { type: 'error', code: error[1], text: error[2] ?? '' };
}
