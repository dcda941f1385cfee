import type { Handlers } from './channel-state.ts';
import { consumeMethods } from './consume-methods.ts';
import { exchangeMethods } from './exchange-methods.ts';
import { modeMethods } from './mode-methods.ts';
import { publishMethods } from './publish-methods.ts';
import { queueMethods } from './queue-methods.ts';
import { settleMethods } from './settle-methods.ts';

/** All that a client may ask of an open channel, but its end. */
export const clientMethods: Handlers = {
  ...exchangeMethods,
  ...queueMethods,
  ...consumeMethods,
  ...publishMethods,
  ...settleMethods,
  ...modeMethods,
};
