import type { RespValue } from '../protocol/value.ts';
import { textOf } from '../protocol/value.ts';
import { readClusterNodes } from '../read-reply.ts';
import type { RedisReply } from '../replies.ts';

/** When each node was pinged and when it answered, the fifth and the sixth word of a line: they are never the same. */
const times = /^((?:\S+ ){4})\d+ \d+ /gm;

/**
 * Reads `CLUSTER NODES`, for one who asks the same node again and again: as long as nothing but times has changed,
 * the answer is the same object. While a primary is looked for, all nodes are asked ten times a second, and hardly an
 * answer tells anything new.
 */
export function createNodesReader(): (value: RespValue) => RedisReply {
  let last: { readonly text: string; readonly reply: RedisReply } | undefined;
  return (value) => {
    const text = textOf(value)?.replace(times, '$1- - ');
    if (text === undefined) return readClusterNodes(value);
    if (text !== last?.text) last = { text, reply: readClusterNodes(value) };
    return last.reply;
  };
}
