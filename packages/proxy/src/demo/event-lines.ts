/** One server-sent event. */
export interface SentEvent {
  readonly event: string;
  readonly data: string;
}

/** Splits a stream of server-sent events, however it is cut into pieces. */
export function createEventLines(): (piece: string) => readonly SentEvent[] {
  let rest = '';
  return (piece) => {
    const blocks = (rest + piece).split('\n\n');
    rest = blocks.pop() ?? '';
    return blocks.flatMap((block) => {
      const lines = block.split('\n');
      const field = (name: string): string | undefined =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const [event, data] = [field('event'), field('data')];
      return event === undefined || data === undefined ? [] : [{ event, data }];
    });
  };
}
