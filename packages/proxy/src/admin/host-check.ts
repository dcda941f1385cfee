import type { MiddlewareHandler } from 'hono';
import { isLoopbackHost } from '../listen-address.ts';

/**
 * Only requests that name this machine: a web page that makes its own name resolve to 127.0.0.1 (DNS rebinding)
 * sends that name. And only questions: nothing here changes anything.
 */
export const localQuestionsOnly: MiddlewareHandler = async (context, next) => {
  if (context.req.method !== 'GET' && context.req.method !== 'HEAD') {
    return context.text('only GET\n', 405, { Allow: 'GET, HEAD' });
  }
  if (!isLocalName(context.req.header('host') ?? '')) {
    return context.text('this page answers to loopback names only, such as 127.0.0.1\n', 403);
  }
  await next();
  context.header('Cache-Control', 'no-store');
  return undefined;
};

/** @example isLocalName('localhost:9180') // true */
export function isLocalName(host: string): boolean {
  const name = /^(\[[0-9a-f:]+\]|[^:]+)(?::\d+)?$/i.exec(host)?.[1];
  return name !== undefined && isLoopbackHost(name.replace(/^\[|\]$/g, '').toLowerCase());
}
