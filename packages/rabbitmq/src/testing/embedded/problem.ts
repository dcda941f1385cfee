import type { MethodName } from '../../protocol/methods.ts';
import { replyCode } from '../../protocol/reply-code.ts';

const names: ReadonlyMap<number, string> = new Map([
  [replyCode.connectionForced, 'CONNECTION_FORCED'],
  [replyCode.accessRefused, 'ACCESS_REFUSED'],
  [replyCode.notFound, 'NOT_FOUND'],
  [replyCode.resourceLocked, 'RESOURCE_LOCKED'],
  [replyCode.preconditionFailed, 'PRECONDITION_FAILED'],
  [replyCode.frameError, 'FRAME_ERROR'],
  [replyCode.syntaxError, 'SYNTAX_ERROR'],
  [replyCode.commandInvalid, 'COMMAND_INVALID'],
  [replyCode.channelError, 'CHANNEL_ERROR'],
  [replyCode.unexpectedFrame, 'UNEXPECTED_FRAME'],
  [replyCode.notAllowed, 'NOT_ALLOWED'],
  [replyCode.notImplemented, 'NOT_IMPLEMENTED'],
  [replyCode.internalError, 'INTERNAL_ERROR'],
]);

const soft: ReadonlySet<number> = new Set([
  replyCode.contentTooLarge,
  replyCode.noConsumers,
  replyCode.accessRefused,
  replyCode.notFound,
  replyCode.resourceLocked,
  replyCode.preconditionFailed,
]);

/** Ends a channel or a connection, by its code. Thrown by whatever finds it, told to the client by the channel. */
export class AmqpProblem extends Error {
  override readonly name = 'AmqpProblem';
  readonly code: number;
  /** It ends the whole connection. */
  readonly isHard: boolean;
  /** The method that failed, where it is not the one that is served. */
  readonly method: MethodName | undefined;

  constructor(code: number, text: string, scope: 'byCode' | 'connection' = 'byCode', method?: MethodName) {
    super([names.get(code) ?? code, ...(text === '' ? [] : [text])].join(' - '));
    this.code = code;
    this.method = method;
    this.isHard = scope === 'connection' || !soft.has(code);
  }
}

export const accessRefused = (text: string): AmqpProblem => new AmqpProblem(replyCode.accessRefused, text);
export const notFound = (text: string): AmqpProblem => new AmqpProblem(replyCode.notFound, text);
export const resourceLocked = (text: string): AmqpProblem => new AmqpProblem(replyCode.resourceLocked, text);
export const preconditionFailed = (text: string): AmqpProblem =>
  new AmqpProblem(replyCode.preconditionFailed, text);
export const notAllowed = (text: string): AmqpProblem => new AmqpProblem(replyCode.notAllowed, text);
export const notImplemented = (text: string): AmqpProblem => new AmqpProblem(replyCode.notImplemented, text);
export const commandInvalid = (text: string): AmqpProblem => new AmqpProblem(replyCode.commandInvalid, text);
export const channelError = (text: string, method?: MethodName): AmqpProblem =>
  new AmqpProblem(replyCode.channelError, text, 'connection', method);
export const unexpectedFrame = (text: string, method?: MethodName): AmqpProblem =>
  new AmqpProblem(replyCode.unexpectedFrame, text, 'connection', method);
