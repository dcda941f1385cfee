import { dirname, resolve } from 'node:path';
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import { ConfigFileError } from './problem.ts';
import { dotted, type ConfigSource, type FieldPath } from './source.ts';

/**
 * Reads YAML (JSON is YAML too) and remembers where each field stands.
 * @throws ConfigFileError with the line, if it is not YAML
 */
export function yamlSource(text: string, file: string): ConfigSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: true });
  if (document.errors.length > 0) {
    throw new ConfigFileError(
      document.errors.map((error) => ({
        file,
        line: error.linePos?.[0].line,
        field: '',
        value: undefined,
        problem: `this is not YAML: ${error.message.split('\n')[0] ?? error.code}`,
        fix: 'Indent with spaces, close each quote and bracket, and write each key once.',
      })),
    );
  }
  return {
    name: file,
    folder: dirname(resolve(file)),
    data: document.toJS(),
    lineOf: (path) => lines.linePos(offsetOf(document, path)).line,
    labelOf: dotted,
  };
}

/** Walks as far down the path as the file goes: a missing field is reported where it should stand. */
function offsetOf(document: Document.Parsed, path: FieldPath): number {
  let node: unknown = document.contents;
  let offset = document.contents?.range[0] ?? 0;
  for (const key of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => String(isScalar(item.key) ? item.key.value : item.key) === String(key),
      );
      if (pair === undefined) return offset;
      offset = startOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(key)];
      if (node === undefined) return offset;
      offset = startOf(node) ?? offset;
    } else {
      return offset;
    }
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
