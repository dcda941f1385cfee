import { isFailoverError, isOutcomeUnknown } from '@failover/core';
import { encodeReply } from '../protocol/encode.ts';

/** Pure: what a client is told. The two words differ, because only one of them may be sent again. */
export function refuse(error: unknown): string {
  if (isOutcomeUnknown(error)) return encodeReply({ type: 'error', code: 'UNKNOWN', text: error.message });
  if (isFailoverError(error)) return encodeReply({ type: 'error', code: 'TRYAGAIN', text: error.message });
  return encodeReply({
    type: 'error',
    code: 'ERR',
    text: error instanceof Error ? error.message : String(error),
  });
}

export const unknownWord = encodeReply({ type: 'error', code: 'ERR', text: 'no such request' });
