import type { Reply, Request } from './message.ts';

export function encodeRequest(request: Request): string {
  switch (request.type) {
    case 'peers':
      return 'PEERS\n';
    case 'echo':
      return `ECHO ${request.text}\n`;
    case 'prefix':
      return `PREFIX ${request.text}\n`;
  }
}

export function encodeReply(reply: Reply): string {
  return reply.type === 'text' ? `+${reply.text}\n` : `-${reply.code} ${reply.text}\n`;
}
