import type { GapRecord, HeardRecord, PublishRecord, Subscriber } from '@failover/testing';
import { now } from '../../clock.ts';
import { channelOf, type ChannelKind } from '../keys.ts';
import type { LoadContext, RunningLoad } from './load-kind.ts';
import { work } from './work.ts';

const PUBLISH_EVERY_MS = 50;

export interface RunningPubSub extends RunningLoad {
  readonly subscribers: readonly Subscriber[];
  /** Resolves when each is subscribed. */
  readonly ready: Promise<unknown>;
  /** Publishers begin. */
  begin(): void;
}

/** For each kind of channel one who publishes numbered messages, and one who hears them. */
export function startPubSub({ process, kind, client, isOver }: LoadContext): RunningPubSub {
  const kinds: readonly ChannelKind[] = [
    'plain',
    'pattern',
    ...(kind.hasSharded ? (['sharded'] as const) : []),
  ];
  const published: object[] = [];
  const heard: (HeardRecord | GapRecord)[] = [];
  const subscribers = kinds.map((each) => ({
    name: `${process}/${each}`,
    key: channelOf(process, each),
    isTold: kind.isTold,
    isOrdered: kind.isOrdered,
  }));

  /** With a client of its own: a gap that is told names no subscriber. */
  async function listen(channelKind: ChannelKind, { name, key }: Subscriber): Promise<void> {
    const own = kind.open();
    own.onGap((gap) => heard.push({ f: 'gap', subscriber: name, ...gap }));
    await own.own().subscribe(channelKind, key, (value) => {
      heard.push({ f: 'heard', subscriber: name, key, value, at: now() });
    });
  }

  let begin: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  async function publish(channelKind: ChannelKind, worker: number): Promise<void> {
    await begun;
    const connection = client.shared();
    const key = channelOf(process, channelKind);
    await work<PublishRecord>(
      published,
      { process, worker, everyMs: PUBLISH_EVERY_MS, isOver },
      (sequence) => {
        const value = `${channelKind}-${sequence}`;
        const answer = connection.publish(channelKind, key, value).then((receivers) => ({ receivers }));
        return [{ f: 'publish', key, value }, answer];
      },
    );
  }

  return {
    get records() {
      return [...published, ...heard];
    },
    subscribers,
    ready: Promise.all(kinds.map((each, at) => listen(each, subscribers[at] as Subscriber))),
    begin,
    done: Promise.all(kinds.map(publish)),
  };
}
