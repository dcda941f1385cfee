import type { EndpointId, Runtime } from '@failover/core';
import { openRawClient, type Heard, type RawClient } from '../raw-client.ts';
import type { VirtualTestbed } from '../../launch-virtual.ts';
import type { Scenarios } from './scenario.ts';

/** What was heard up to each quiet moment, a line for each method. */
export type Transcript = readonly (readonly string[])[];

/** Lets time pass until so many lines are there, and then some more. */
type Settle = (lineCount: () => number, at: number) => Promise<void>;

async function play(
  scenario: Scenarios[string],
  dial: (options?: object) => RawClient,
  opened: (client: RawClient) => Promise<unknown>,
  settle: Settle,
): Promise<Transcript> {
  const clients: RawClient[] = [];
  const transcript: (readonly string[])[] = [];
  const another = async (options?: object): Promise<RawClient> => {
    const client = dial(options);
    clients.push(client);
    if (options === undefined) await opened(client);
    return client;
  };
  const first = await another();
  await scenario({
    first,
    another,
    async quiet() {
      const lines = new Map<RawClient, Heard[]>(clients.map((client) => [client, []]));
      const count = (): number => {
        for (const [client, own] of lines) own.push(...client.drain());
        return linesOf(lines).length;
      };
      await settle(count, transcript.length);
      count();
      transcript.push(linesOf(lines));
      return [...lines.values()].flat();
    },
  });
  for (const { stream } of clients) stream.destroy();
  return transcript;
}

export async function playOnDouble(
  testbed: VirtualTestbed,
  endpoint: EndpointId,
  scenario: Scenarios[string],
): Promise<Transcript> {
  const { runtime, until } = testbed;
  return play(
    scenario,
    (options) => openRawClient({ runtime, endpoint, ...options }),
    (client) => until(client.take()),
    () => runtime.advance(1_000),
  );
}

/** ms that a server has to say what is expected, and ms in which it must not say more. */
const patienceMs = 5_000;
const graceMs = 40;

export async function playOnServer(
  runtime: Runtime,
  endpoint: EndpointId,
  scenario: Scenarios[string],
  expected: Transcript,
): Promise<Transcript> {
  const pass = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      runtime.after(ms, resolve);
    });
  return play(
    scenario,
    (options) => openRawClient({ runtime, endpoint, ...options }),
    (client) => client.take(),
    async (lineCount, at) => {
      const endAt = runtime.now() + patienceMs;
      while (lineCount() < (expected[at]?.length ?? 0) && runtime.now() < endAt) await pass(5);
      await pass(graceMs);
    },
  );
}

/** In the order of clients and channels: how the work of channels is interleaved is up to the server. */
function linesOf(heard: ReadonlyMap<RawClient, readonly Heard[]>): readonly string[] {
  return [...heard.values()].flatMap((own, at) =>
    mergeAcks([...own].sort((one, other) => one.channel - other.channel)).map(
      (line) => `client ${at + 1}: ${line}`,
    ),
  );
}

/** How confirms are coalesced is up to the server, too: the last one counts. */
function mergeAcks(heard: readonly Heard[]): readonly string[] {
  const lines: string[] = [];
  for (const [at, item] of heard.entries()) {
    const next = heard[at + 1];
    const isMerged =
      item.method.name === 'basic.ack' && next?.method.name === 'basic.ack' && next.channel === item.channel;
    if (!isMerged) lines.push(inFull(item));
  }
  return lines;
}

function inFull({ channel, method, properties, body }: Heard): string {
  const { name, ...values } = method;
  const content =
    body === undefined
      ? []
      : [
          JSON.stringify(properties, plain),
          body.length > 40 ? `${body.length} bytes` : `"${body.toString()}"`,
        ];
  const shown = name === 'basic.ack' ? { upTo: (values as { deliveryTag?: number }).deliveryTag } : values;
  return [`${channel} ${name}`, JSON.stringify(shown, plain), ...content].join(' ').replace(varying, '$1…');
}

/** Names that the server makes, and the words for bytes that are no frame. */
const varying = /(amq\.gen-|amq\.ctag-|reply-to\.|FRAME_ERROR - )[^"]+/g;
const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value);
