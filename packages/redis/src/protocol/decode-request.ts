import { createByteQueue } from './byte-queue.ts';
import { splitInline } from './inline.ts';
import { RespProtocolError } from './protocol-error.ts';

export interface RequestLimits {
  /** Bytes of one argument, default 512 MiB as in Redis. */
  readonly maxBulkBytes?: number;
  /** Arguments of one command, default 1,048,576 as in Redis. */
  readonly maxArguments?: number;
  /** Bytes of an inline command or a length line, default 64 KiB as in Redis. */
  readonly maxLineBytes?: number;
}

export interface RequestDecoder {
  /**
   * The commands that this piece completed, each with at least one argument.
   * @throws RespProtocolError with the text that Redis writes before it closes the connection.
   */
  feed(chunk: Uint8Array): readonly (readonly Buffer[])[];
}

/** What a server reads: commands as arrays of bulk strings, or inline as somebody types them. */
export function createRequestDecoder(limits: RequestLimits = {}): RequestDecoder {
  const { maxBulkBytes = 512 * 1024 * 1024, maxArguments = 1_048_576, maxLineBytes = 65_536 } = limits;
  const queue = createByteQueue();
  let args: Buffer[] = [];
  let argumentsLeft = 0;
  let bulkBytes: number | undefined;

  /** A command, an empty list for a line that asks nothing, or `undefined` until more arrives. */
  function nextCommand(): readonly Buffer[] | undefined {
    if (argumentsLeft === 0) {
      const isInline = queue.peek() !== 42;
      const problem = isInline ? 'too big inline request' : 'too big mbulk count string';
      const line = queue.takeLine(maxLineBytes, problem, 'latin1');
      if (line === undefined) return undefined;
      if (isInline) return splitInline(line);
      const count = Number(line.slice(1));
      if (!/^\*-?\d{1,10}$/.test(line) || count > maxArguments) {
        throw new RespProtocolError('invalid multibulk length');
      }
      if (count <= 0) return [];
      argumentsLeft = count;
      args = [];
    }
    while (argumentsLeft > 0) {
      const argument = nextArgument();
      if (argument === undefined) return undefined;
      args.push(argument);
      argumentsLeft -= 1;
    }
    return args;
  }

  function nextArgument(): Buffer | undefined {
    if (bulkBytes === undefined) {
      const first = queue.peek();
      if (first !== undefined && first !== 36) {
        throw new RespProtocolError(`expected '$', got '${String.fromCharCode(first)}'`);
      }
      const line = queue.takeLine(maxLineBytes, 'too big bulk count string');
      if (line === undefined) return undefined;
      if (!/^\$\d{1,10}$/.test(line) || Number(line.slice(1)) > maxBulkBytes) {
        throw new RespProtocolError('invalid bulk length');
      }
      bulkBytes = Number(line.slice(1));
    }
    if (queue.length < bulkBytes + 2) return undefined;
    const argument = queue.take(bulkBytes);
    // Redis does not look at these two bytes either.
    queue.skip(2);
    bulkBytes = undefined;
    return argument;
  }

  return {
    feed(chunk) {
      queue.append(chunk);
      const commands: (readonly Buffer[])[] = [];
      for (let command = nextCommand(); command !== undefined; command = nextCommand()) {
        if (command.length > 0) commands.push(command);
      }
      return commands;
    },
  };
}
