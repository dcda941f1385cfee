import type { FailoverEvent, Ms, Runtime } from '@failover/core';
import type { DemoCluster, DemoWords } from './contract.ts';
import type { Stage } from './stage.ts';
import { storyOf } from './story.ts';

/** What each client connection says for itself. */
type Counted = Extract<FailoverEvent, { readonly type: 'outcomesUnknown' | 'operationsResent' }>;

/** ms in which the same news of several client connections becomes one line. */
const togetherMs = 200;

/** Tells events to people as they come, and what many connections say at once only once. */
export function createNarrator(
  stage: Stage,
  runtime: Runtime,
  words: DemoWords,
  equals: DemoCluster['equals'],
): (event: FailoverEvent) => void {
  const together = new Map<Counted['type'], { readonly event: Counted; readonly at: Ms; count: number }>();

  function tellTogether(type: Counted['type']): void {
    const told = together.get(type);
    if (told === undefined) return;
    together.delete(type);
    stage.tell(storyOf({ ...told.event, count: told.count }, words, equals) ?? '', 'plain', told.at);
  }

  return (event) => {
    if (event.type === 'outcomesUnknown' || event.type === 'operationsResent') {
      const { type } = event;
      const before = together.get(type);
      if (before === undefined) runtime.after(togetherMs, () => tellTogether(type));
      together.set(type, {
        event,
        at: before?.at ?? event.at,
        count: (before?.count ?? 0) + event.count,
      });
      return;
    }
    const story = storyOf(event, words, equals);
    if (story !== undefined) stage.tell(story, event.type === 'claimAccepted' ? 'good' : 'plain', event.at);
  };
}
