/**
 * A scan was begun on a server that is primary no more. Its cursor means nothing on another one, which would leave keys
 * out without a word: begin again with cursor 0. What was found so far is no less true.
 */
export class ScanInterruptedError extends Error {
  readonly code = 'scan-interrupted';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ScanInterruptedError';
  }
}
