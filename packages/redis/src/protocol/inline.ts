import { RespProtocolError } from './protocol-error.ts';

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', a: '\x07' };
// As in C: what may stand between words is more than what ends one without quotes.
const isSpace = (char: string | undefined): boolean => char !== undefined && ' \t\n\v\f\r'.includes(char);
const endsWord = (char: string | undefined): boolean => char !== undefined && ' \t\n\r'.includes(char);

/**
 * Splits an inline command as Redis does: words, "double quotes with \n and \x41", 'single quotes'.
 * The line is read as latin1, so that each character is a byte.
 * @throws RespProtocolError if a quote is not closed, or something follows it without a space.
 */
export function splitInline(line: string): readonly Buffer[] {
  const words: Buffer[] = [];
  let at = 0;
  for (;;) {
    while (isSpace(line[at])) at += 1;
    if (at >= line.length) return words;
    const quote = line[at] === '"' || line[at] === "'" ? line[at] : undefined;
    const word = quote === undefined ? bareWord(line, at) : quotedWord(line, at + 1, quote);
    words.push(Buffer.from(word.text, 'latin1'));
    at = word.end;
  }
}

interface Word {
  readonly text: string;
  readonly end: number;
}

function bareWord(line: string, start: number): Word {
  let end = start;
  while (end < line.length && !endsWord(line[end])) {
    // Redis opens a quote in the middle of a word too.
    if (line[end] === '"' || line[end] === "'") {
      const rest = quotedWord(line, end + 1, line[end]);
      return { text: line.slice(start, end) + rest.text, end: rest.end };
    }
    end += 1;
  }
  return { text: line.slice(start, end), end };
}

function quotedWord(line: string, start: number, quote: string | undefined): Word {
  let text = '';
  for (let at = start; at < line.length; at += 1) {
    const char = line[at] ?? '';
    if (char === quote) {
      if (at + 1 < line.length && !isSpace(line[at + 1])) break;
      return { text, end: at + 1 };
    }
    const isEscape = char === '\\' && at + 1 < line.length;
    const hex = isEscape && quote === '"' ? /^x([0-9a-fA-F]{2})/.exec(line.slice(at + 1, at + 4)) : null;
    if (hex?.[1] !== undefined) {
      text += String.fromCharCode(parseInt(hex[1], 16));
      at += 3;
    } else if (isEscape && (quote === '"' || line[at + 1] === "'")) {
      const escaped = line[at + 1] ?? '';
      text += quote === '"' ? (escapes[escaped] ?? escaped) : escaped;
      at += 1;
    } else {
      text += char;
    }
  }
  throw new RespProtocolError('unbalanced quotes in request');
}
