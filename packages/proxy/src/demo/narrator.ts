import type { FailoverEvent, Ms, Runtime } from '@failover/core';
import type { Stage } from './stage.ts';
import { storyOf } from './story.ts';

type Unknown = Extract<FailoverEvent, { readonly type: 'outcomesUnknown' }>;

/** ms in which the same news of several client connections becomes one line. */
const togetherMs = 200;

/** Tells events to people as they come, and what many connections say at once only once. */
export function createNarrator(stage: Stage, runtime: Runtime): (event: FailoverEvent) => void {
  let together: { readonly event: Unknown; readonly at: Ms; count: number } | undefined;

  function tellTogether(): void {
    if (together === undefined) return;
    const { event, count, at } = together;
    together = undefined;
    stage.tell(storyOf({ ...event, count }) ?? '', 'plain', at);
  }

  return (event) => {
    if (event.type === 'outcomesUnknown') {
      if (together === undefined) {
        together = { event, at: event.at, count: 0 };
        runtime.after(togetherMs, tellTogether);
      }
      together.count += event.count;
      return;
    }
    const story = storyOf(event);
    if (story !== undefined) stage.tell(story, event.type === 'claimAccepted' ? 'good' : 'plain', event.at);
  };
}
