import type { Subscriptions } from './subscriptions.ts';
import type { Tracking } from './tracking.ts';
import { noSubscriptions, subscriptionCount } from './subscriptions.ts';

/** What a client connection has set up and another server must be told. Who it is stands apart, as its identity. */
export interface Session {
  readonly clientName: string;
  readonly libraryName: string;
  readonly libraryVersion: string;
  /** Those that the client was told of. */
  readonly subscriptions: Subscriptions;
  readonly tracking: Tracking;
  readonly isMonitoring: boolean;
}

export const newSession: Session = {
  clientName: '',
  libraryName: '',
  libraryVersion: '',
  subscriptions: noSubscriptions,
  tracking: undefined,
  isMonitoring: false,
};

/** It hears without asking. */
export const isListening = ({ subscriptions, isMonitoring }: Session): boolean =>
  subscriptionCount(subscriptions) > 0 || isMonitoring;
