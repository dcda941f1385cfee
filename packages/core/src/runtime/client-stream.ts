/** What a relay needs of its client's connection. A socket is one; so is what an in-process driver writes to. */
export interface ClientStream {
  /** False if the client does not read what it was sent. */
  write(bytes: Uint8Array): boolean;
  readonly writableLength: number;
  readonly writableNeedDrain: boolean;
  pause(): unknown;
  resume(): unknown;
  end(): unknown;
  destroy(): unknown;
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  on(event: 'drain' | 'end' | 'error' | 'close', listener: () => void): unknown;
}
