/**
 * The other side broke the protocol, or went beyond a limit. The connection cannot be used any further,
 * because nobody knows where the next frame begins. The text is Redis's own where Redis has one.
 */
export class RespProtocolError extends Error {
  readonly code = 'protocol-violation';

  constructor(message: string) {
    super(message);
    this.name = 'RespProtocolError';
  }
}
