import type { ChannelState } from './channel-state.ts';

/** Changes exchanges, queues or bindings. While too few nodes answer for that, the channel stands still. */
export function askMetadata(channel: ChannelState, action: () => void): void {
  const { broker } = channel.connection;
  if (broker.isMetadataWritable()) return action();
  const goOn = channel.block();
  broker.metadataGate.add(channel, broker.isMetadataWritable, () => goOn(action));
}
