/**
 * - `limit`: as many replies as were asked for are whole.
 * - `end`: the bytes are used up, perhaps within a reply.
 * - `marked`: the next reply begins with a byte that somebody must look at: an error or a push. Not scanned yet.
 * - `violation`: the server sent what no server sends, or, with `isTooMuch`, more than is read here.
 */
export type ScannedReplies = 'limit' | 'end' | 'marked' | 'violation';

/**
 * Finds the bounds of replies, RESP2 and RESP3, without decoding them. It goes on within a reply at any byte and
 * allocates nothing.
 */
export interface ReplyScanner {
  /**
   * Scans from `from`, up to `limit` replies. With `seesMarked` it stops before a reply that is an error (`-`, `!`)
   * or a push (`>`).
   */
  scan(bytes: Uint8Array, from: number, limit: number, seesMarked: boolean): ScannedReplies;
  /** Where the last scan stopped. */
  readonly at: number;
  /** Whole replies that the last scan passed. */
  readonly count: number;
  /** Where the last whole reply ended, or `from` if none did. */
  readonly wholeEnd: number;
  /** Is the scanner inside a reply? */
  readonly isInside: boolean;
  /** Bytes that the string in progress still needs: tells early that a reply is large. */
  readonly missingBytes: number;
  readonly problem: string;
  /** What was found is no fault of the server: it is beyond a limit of ours. */
  readonly isTooMuch: boolean;
}

export interface ReplyLimits {
  /** Default 512 MiB. */
  readonly maxBulkBytes?: number;
  /** Values of one list, default 2^31. */
  readonly maxItems?: number;
  /** Lists in lists, default 128. */
  readonly maxDepth?: number;
  /** Bytes of an error, a simple string or a number, default 1 MiB. */
  readonly maxLineBytes?: number;
}

// What the next byte belongs to.
const typeByte = 0;
const simpleLine = 1;
const lengthDigits = 2;
const lengthLineFeed = 3;
const bulkBody = 4;
const bulkReturn = 5;
const bulkLineFeed = 6;

export function createReplyScanner(limits: ReplyLimits = {}): ReplyScanner {
  const {
    maxBulkBytes = 512 * 1024 * 1024,
    maxItems = 2 ** 31,
    maxDepth = 128,
    maxLineBytes = 1024 * 1024,
  } = limits;
  /** Values still to come, for each open list. */
  const open = new Float64Array(maxDepth);
  let depth = 0;
  let state = typeByte;
  let mark = 0;
  let length = 0;
  let digits = 0;
  let isNull = false;
  let missing = 0;
  let lineBytes = 0;
  let wasReturn = false;

  const scanner = {
    at: 0,
    count: 0,
    wholeEnd: 0,
    problem: '',
    isTooMuch: false,
    scan,
    get isInside() {
      return depth > 0 || state !== typeByte;
    },
    get missingBytes() {
      return state === bulkBody ? missing : 0;
    },
  };

  function scan(bytes: Uint8Array, from: number, limit: number, seesMarked: boolean): ScannedReplies {
    const to = bytes.length;
    let at = from;
    let count = 0;
    let wholeEnd = from;
    let result: ScannedReplies = 'end';
    while (at < to) {
      let isValueWhole: boolean;
      if (state === typeByte) {
        const byte = bytes[at] as number;
        if (depth === 0) {
          if (count === limit) {
            result = 'limit';
            break;
          }
          if (seesMarked && (byte === 45 || byte === 62 || byte === 33)) {
            result = 'marked';
            break;
          }
        }
        mark = byte;
        if (byte === 36 || byte === 42) {
          // Most replies: `$5\r\nvalue\r\n` or `*3\r\n…`, whole in these bytes.
          let cursor = at + 1;
          let value = 0;
          let digit: number;
          while (cursor < to && (digit = (bytes[cursor] as number) - 48) >= 0 && digit <= 9) {
            value = value * 10 + digit;
            cursor += 1;
          }
          if (
            cursor > at + 1 &&
            cursor - at < 12 &&
            cursor + 1 < to &&
            bytes[cursor] === 13 &&
            bytes[cursor + 1] === 10
          ) {
            const body = cursor + 2;
            if (byte === 42) {
              at = body;
              if (value > 0) {
                if (!openList(value)) return fail(at);
                continue;
              }
              isValueWhole = true;
            } else {
              if (value > maxBulkBytes) return fail(at, `string of ${value} bytes`);
              const next = body + value + 2;
              if (next <= to) {
                if (bytes[next - 2] !== 13 || bytes[next - 1] !== 10)
                  return fail(at, 'string without its end');
                at = next;
                isValueWhole = true;
              } else {
                at = body;
                missing = value;
                state = value === 0 ? bulkReturn : bulkBody;
                continue;
              }
            }
          } else {
            at += 1;
            startLength();
            continue;
          }
        } else if (byte === 43 || byte === 58) {
          // `+OK\r\n` and `:1\r\n`
          let cursor = at + 1;
          while (cursor < to && bytes[cursor] !== 10) cursor += 1;
          if (cursor < to && bytes[cursor - 1] === 13 && cursor - at <= maxLineBytes) {
            at = cursor + 1;
            isValueWhole = true;
          } else {
            at += 1;
            startLine();
            continue;
          }
        } else {
          at += 1;
          switch (byte) {
            case 45: // -
            case 95: // _
            case 35: // #
            case 44: // ,
            case 40: // (
              startLine();
              break;
            case 33: // !
            case 61: // =
            case 126: // ~
            case 62: // >
            case 37: // %
            case 124: // |
              startLength();
              break;
            default:
              return fail(at - 1, `unknown type, byte ${byte}`);
          }
          continue;
        }
      } else if (state === bulkBody) {
        const step = Math.min(missing, to - at);
        at += step;
        missing -= step;
        if (missing === 0) state = bulkReturn;
        continue;
      } else if (state === simpleLine) {
        const byte = bytes[at] as number;
        at += 1;
        lineBytes += 1;
        if (byte === 10 && wasReturn) {
          state = typeByte;
          isValueWhole = true;
        } else {
          if (lineBytes > maxLineBytes) return fail(at, 'line too long');
          wasReturn = byte === 13;
          continue;
        }
      } else if (state === lengthDigits) {
        const byte = bytes[at] as number;
        at += 1;
        if (byte === 13 && digits > 0) state = lengthLineFeed;
        else if (byte === 45 && digits === 0 && !isNull && (mark === 36 || mark === 42)) isNull = true;
        else if (byte >= 48 && byte <= 57 && digits < 11 && !(isNull && byte !== 49)) {
          length = length * 10 + byte - 48;
          digits += 1;
        } else return fail(at, 'invalid length');
        continue;
      } else if (state === lengthLineFeed) {
        if (bytes[at] !== 10) return fail(at, 'invalid length');
        at += 1;
        state = typeByte;
        if (isNull) isValueWhole = true;
        else if (mark === 36 || mark === 33 || mark === 61) {
          if (length > maxBulkBytes) return fail(at, `string of ${length} bytes`);
          missing = length;
          state = length === 0 ? bulkReturn : bulkBody;
          continue;
        } else {
          // An attribute is its pairs and then the value that they are about: one more, and all of it one value.
          const items = mark === 37 ? 2 * length : mark === 124 ? 2 * length + 1 : length;
          if (items > 0) {
            if (!openList(items)) return fail(at);
            continue;
          }
          isValueWhole = true;
        }
      } else if (state === bulkReturn) {
        if (bytes[at] !== 13) return fail(at, 'string without its end');
        at += 1;
        state = bulkLineFeed;
        continue;
      } else {
        if (bytes[at] !== 10) return fail(at, 'string without its end');
        at += 1;
        state = typeByte;
        isValueWhole = true;
      }
      if (isValueWhole) {
        while (depth > 0) {
          const left = (open[depth - 1] as number) - 1;
          open[depth - 1] = left;
          if (left > 0) break;
          depth -= 1;
        }
        if (depth === 0) {
          count += 1;
          wholeEnd = at;
        }
      }
    }
    if (result === 'end' && count === limit && depth === 0 && state === typeByte) result = 'limit';
    scanner.at = at;
    scanner.count = count;
    scanner.wholeEnd = wholeEnd;
    return result;
  }

  function startLine(): void {
    state = simpleLine;
    lineBytes = 0;
    wasReturn = false;
  }

  function startLength(): void {
    state = lengthDigits;
    length = 0;
    digits = 0;
    isNull = false;
  }

  function openList(items: number): boolean {
    if (items > maxItems) scanner.problem = `list of ${items} items`;
    else if (depth >= maxDepth) {
      scanner.problem = `reply deeper than ${maxDepth}`;
      // A script makes one.
      scanner.isTooMuch = true;
    } else {
      open[depth] = items;
      depth += 1;
      return true;
    }
    return false;
  }

  function fail(at: number, problem = scanner.problem): ScannedReplies {
    scanner.at = at;
    scanner.problem = problem;
    return 'violation';
  }

  return scanner;
}
