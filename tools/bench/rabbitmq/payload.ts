/**
 * Who published a message and when, written into it: whoever gets it can tell without asking the publisher. Times are
 * of the clock that all processes share.
 */
export interface Payload {
  readonly by: 'load' | 'prober';
  /** Unique among those of one publisher. */
  readonly id: string;
  readonly at: number;
}

/** A header of ours on what goes again without its publisher's doing. */
const RESENT_HEADER = 'x-failover-resent';

export function writePayload({ by, id, at }: Payload): string {
  return `${by} ${id} ${at.toFixed(3)}`;
}

/** @throws Error if it is no payload of a bench */
export function readPayload(text: string): Payload {
  const [by, id, at] = text.split(' ');
  if ((by === 'load' || by === 'prober') && id !== undefined && at !== undefined)
    return { by, id, at: Number(at) };
  throw new Error(`no payload of a bench: ${text.slice(0, 60)}`);
}

export function isResent(headers: unknown): boolean {
  return typeof headers === 'object' && headers !== null && RESENT_HEADER in headers;
}
