import type { EndpointId } from '@failover/core';
import { endpointOf } from '@failover/core';

/** What a Sentinel announces, as far as it tells us something or is a reason to ask again. */
export type SentinelEvent =
  /** An elected or forced leader chose who takes over. It did not promote it yet. */
  | { readonly type: 'selectedSlave'; readonly masterName: string; readonly server: EndpointId }
  /** The leader itself saw that its choice is master now. */
  | { readonly type: 'promotedSlave'; readonly masterName: string; readonly server: EndpointId }
  | {
      readonly type: 'switchMaster';
      readonly masterName: string;
      readonly from: EndpointId;
      readonly to: EndpointId;
    }
  | { readonly type: 'failoverAborted'; readonly masterName: string; readonly reason: string }
  /** In TILT a Sentinel does not trust its own clock, so nobody should trust what it says. */
  | { readonly type: 'tilt'; readonly isTilt: boolean }
  | { readonly type: 'noted'; readonly channel: string; readonly masterName?: string };

/** Channels, not `*`: every message costs each of hundreds of subscribers, and each Sentinel that writes it. */
export const watchedChannels = [
  '+selected-slave',
  '+promoted-slave',
  '+switch-master',
  '+tilt',
  '-tilt',
  '+odown',
  '-odown',
  '+slave',
  '+sentinel',
  '+reset-master',
  '+failover-end',
] as const;

export const watchedPatterns = ['-failover-abort-*'] as const;

/**
 * Reads one message. `undefined` for a text that is not as Sentinel writes it: an event is a hint, and what it
 * would have told is polled too.
 * @example readSentinelEvent('+switch-master', 'mymaster 127.0.0.1 1 127.0.0.1 2')
 */
export function readSentinelEvent(channel: string, text: string): SentinelEvent | undefined {
  const words = text.split(' ');
  switch (channel) {
    case '+selected-slave':
    case '+promoted-slave': {
      const [, , host, port, at, masterName] = words;
      const server = addressOf(host, port);
      if (at !== '@' || masterName === undefined || server === undefined) return undefined;
      return { type: channel === '+selected-slave' ? 'selectedSlave' : 'promotedSlave', masterName, server };
    }
    case '+switch-master': {
      const [masterName, fromHost, fromPort, toHost, toPort] = words;
      const from = addressOf(fromHost, fromPort);
      const to = addressOf(toHost, toPort);
      if (masterName === undefined || from === undefined || to === undefined) return undefined;
      return { type: 'switchMaster', masterName, from, to };
    }
    case '+tilt':
    case '-tilt':
      return { type: 'tilt', isTilt: channel === '+tilt' };
    default: {
      const masterName = words[0] === 'master' ? words[1] : words[4] === '@' ? words[5] : undefined;
      if (!channel.startsWith('-failover-abort-')) {
        return { type: 'noted', channel, ...(masterName === undefined ? {} : { masterName }) };
      }
      return masterName === undefined ? undefined : { type: 'failoverAborted', masterName, reason: channel };
    }
  }
}

export function addressOf(host: string | undefined, port: string | undefined): EndpointId | undefined {
  if (host === undefined || host === '' || port === undefined || !/^\d{1,5}$/.test(port)) return undefined;
  try {
    return endpointOf(host, Number(port));
  } catch {
    // Port 0 is how Redis writes an address that it does not know.
    return undefined;
  }
}
