import { createByteQueue } from './byte-queue.ts';
import { RespProtocolError } from './protocol-error.ts';
import type { RespEntry, RespValue } from './value.ts';

export interface DecodeLimits {
  /** Bytes of one string, default 64 MiB. */
  readonly maxBulkBytes?: number;
  /** Values of one reply at all depths together, default 1,000,000. */
  readonly maxValues?: number;
  /** Lists inside lists, default 64. */
  readonly maxDepth?: number;
  /** Bytes of a simple string, error or number, default 64 KiB. */
  readonly maxLineBytes?: number;
}

export interface ReplyDecoder {
  /**
   * The replies that this piece completed.
   * @throws RespProtocolError for bytes that no server sends, or beyond a limit. The decoder is of no use then.
   */
  feed(chunk: Uint8Array): readonly RespValue[];
}

/** A list that still waits for items. `left` counts the values to come. */
interface OpenList {
  readonly mark: ListMark;
  readonly items: RespValue[];
  left: number;
  /** Set on an attributed value, once its attributes are complete. */
  readonly attributes?: readonly RespEntry[];
}

type ListMark = '*' | '~' | '>' | '%' | '|' | 'attributed';

type Started =
  | { readonly type: 'value'; readonly value: RespValue }
  | { readonly type: 'list'; readonly mark: ListMark; readonly length: number }
  | { readonly type: 'bulk'; readonly mark: '$' | '!' | '='; readonly length: number };

/** Decodes a stream of replies, RESP2 and RESP3, cut at any byte. */
export function createReplyDecoder(limits: DecodeLimits = {}): ReplyDecoder {
  const {
    maxBulkBytes = 64 * 1024 * 1024,
    maxValues = 1_000_000,
    maxDepth = 64,
    maxLineBytes = 65_536,
  } = limits;
  const queue = createByteQueue();
  const open: OpenList[] = [];
  let pendingBulk: { readonly mark: '$' | '!' | '='; readonly length: number } | undefined;
  let values = 0;

  function nextValue(): RespValue | undefined {
    for (;;) {
      const leaf = pendingBulk === undefined ? startValue() : finishBulk();
      if (leaf === undefined) return undefined;
      const whole = leaf === 'opened' ? undefined : close(leaf);
      if (whole !== undefined) return whole;
    }
  }

  /** A whole leaf, `opened` if a list or string began, or `undefined` until more arrives. */
  function startValue(): RespValue | 'opened' | undefined {
    const first = queue.peek();
    // Said at once: a wait for the end of a line that no server began could last for ever.
    if (first !== undefined && !marks.includes(first))
      throw new RespProtocolError(`unknown type, byte ${first}`);
    const line = queue.takeLine(maxLineBytes, 'line too long');
    if (line === undefined) return undefined;
    values += 1;
    if (values > maxValues) throw new RespProtocolError(`reply of more than ${maxValues} values`);
    const started = startOf(line);
    if (started.type === 'value') return started.value;
    if (started.type === 'bulk') {
      if (started.length > maxBulkBytes) throw new RespProtocolError(`string of ${started.length} bytes`);
      pendingBulk = started;
      return 'opened';
    }
    if (started.length > maxValues) throw new RespProtocolError(`list of ${started.length} items`);
    if (started.length === 0 && started.mark !== '|')
      return listValue({ mark: started.mark, items: [], left: 0 });
    if (open.length >= maxDepth) throw new RespProtocolError(`reply deeper than ${maxDepth}`);
    open.push(
      started.length === 0
        ? { mark: 'attributed', items: [], left: 1, attributes: [] }
        : { mark: started.mark, items: [], left: started.length },
    );
    return 'opened';
  }

  function finishBulk(): RespValue | undefined {
    const bulk = pendingBulk;
    if (bulk === undefined || queue.length < bulk.length + 2) return undefined;
    const bytes = queue.take(bulk.length) ?? Buffer.alloc(0);
    if (queue.take(2)?.toString('latin1') !== '\r\n') throw new RespProtocolError('string without its end');
    pendingBulk = undefined;
    if (bulk.mark === '$') return { type: 'bulk', bytes };
    if (bulk.mark === '!') return { type: 'bulkError', text: bytes.toString() };
    if (bytes[3] !== 58) throw new RespProtocolError('verbatim string without a format');
    return { type: 'verbatim', format: bytes.toString('latin1', 0, 3), bytes: bytes.subarray(4) };
  }

  /** Puts a value where it belongs; the outermost one if that is whole now. */
  function close(leaf: RespValue): RespValue | undefined {
    let value = leaf;
    for (;;) {
      const list = open[open.length - 1];
      if (list === undefined) {
        values = 0;
        return value;
      }
      list.items.push(value);
      list.left -= 1;
      if (list.left > 0) return undefined;
      open.pop();
      if (list.mark === '|') {
        open.push({ mark: 'attributed', items: [], left: 1, attributes: entriesOf(list.items) });
        return undefined;
      }
      value = listValue(list);
    }
  }

  return {
    feed(chunk) {
      queue.append(chunk);
      const replies: RespValue[] = [];
      for (let value = nextValue(); value !== undefined; value = nextValue()) replies.push(value);
      return replies;
    },
  };
}

const marks = Buffer.from('+-:_#,($!=*~>%|');

function startOf(line: string): Started {
  const text = line.slice(1);
  const mark = line.charAt(0);
  switch (mark) {
    case '+':
      return { type: 'value', value: { type: 'simple', text } };
    case '-':
      return { type: 'value', value: { type: 'error', text } };
    case ':':
      return { type: 'value', value: { type: 'integer', value: integerOf(text) } };
    case '_':
      return { type: 'value', value: { type: 'null', form: 'resp3' } };
    case '#':
      if (text !== 't' && text !== 'f') throw new RespProtocolError(`boolean "${text}"`);
      return { type: 'value', value: { type: 'boolean', value: text === 't' } };
    case ',':
      return { type: 'value', value: { type: 'double', value: doubleOf(text) } };
    case '(':
      if (!/^[+-]?\d+$/.test(text)) throw new RespProtocolError('big number that is none');
      return { type: 'value', value: { type: 'bigNumber', value: BigInt(text.replace(/^\+/, '')) } };
    case '$':
      if (text === '-1') return { type: 'value', value: { type: 'null', form: 'bulk' } };
      return { type: 'bulk', mark: '$', length: lengthOf(text) };
    case '!':
    case '=':
      return { type: 'bulk', mark, length: lengthOf(text) };
    case '*':
      if (text === '-1') return { type: 'value', value: { type: 'null', form: 'array' } };
      return { type: 'list', mark: '*', length: lengthOf(text) };
    case '~':
    case '>':
      return { type: 'list', mark, length: lengthOf(text) };
    case '%':
    case '|':
      return { type: 'list', mark, length: 2 * lengthOf(text) };
    default:
      throw new RespProtocolError(`unknown type ${JSON.stringify(line.slice(0, 1))}`);
  }
}

function listValue(list: OpenList): RespValue {
  switch (list.mark) {
    case '*':
      return { type: 'array', items: list.items };
    case '~':
      return { type: 'set', items: list.items };
    case '>':
      return { type: 'push', items: list.items };
    case '%':
      return { type: 'map', entries: entriesOf(list.items) };
    case '|':
    case 'attributed': {
      const [value] = list.items;
      if (value === undefined) throw new RespProtocolError('attributes without a value');
      return { type: 'attributed', attributes: list.attributes ?? [], value };
    }
  }
}

function entriesOf(items: readonly RespValue[]): readonly RespEntry[] {
  const entries: RespEntry[] = [];
  for (let at = 0; at + 1 < items.length; at += 2) {
    const [key, value] = [items[at], items[at + 1]];
    if (key !== undefined && value !== undefined) entries.push([key, value]);
  }
  return entries;
}

/** Also refuses `?`, which begins the streamed types of RESP3: no server sends them. */
function lengthOf(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new RespProtocolError(`length ${JSON.stringify(text)}`);
  return Number(text);
}

function integerOf(text: string): number | bigint {
  if (!/^[+-]?\d{1,19}$/.test(text)) throw new RespProtocolError(`integer ${JSON.stringify(text)}`);
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
  return BigInt(text.replace(/^\+/, ''));
}

function doubleOf(text: string): number {
  if (/^[+-]?inf$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^[+-]?nan$/i.test(text)) return NaN;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) {
    throw new RespProtocolError(`double ${JSON.stringify(text)}`);
  }
  return Number(text);
}
