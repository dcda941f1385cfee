import { readFile } from 'node:fs/promises';
import type { Member } from '../model/index.ts';
import { endpoint } from '../model/index.ts';
import type { AddressSource, MemberKind } from './address-source.ts';
import type { Polling } from './polled.ts';
import { polledSource } from './polled.ts';

/** Read each second: works on every file system and mount, where change notices do not. */
const defaultPolling: Polling = { everyMs: 1000, deadlineMs: 2000 };

/**
 * The addresses in a file, one `host:port` a line, `#` starts a comment. A file that is missing or has a line
 * that is no address is a failure: the members that were known stay.
 */
export function watchedFileSource(
  kind: MemberKind,
  path: string,
  polling: Polling = defaultPolling,
): AddressSource {
  const ask = async (): Promise<readonly Member[]> =>
    parseAddressFile(await readFile(path, 'utf8'), path, kind);
  return (runtime) => polledSource(`file:${path}`, polling, ask, runtime);
}

/** @throws TypeError that names the file, the line and the text. */
export function parseAddressFile(text: string, path: string, kind: MemberKind): readonly Member[] {
  return text.split('\n').flatMap((line, at) => {
    const address = line.replace(/#.*/, '').trim();
    if (address === '') return [];
    try {
      return [{ endpoint: endpoint(address), kind }];
    } catch (cause) {
      throw new TypeError(`${path}:${at + 1}: ${cause instanceof Error ? cause.message : String(cause)}`, {
        cause,
      });
    }
  });
}
