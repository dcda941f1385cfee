/** A node as the rest of the cluster sees it; `hung` is one that does not answer and is not given up yet. */
export type Health = 'up' | 'hung' | 'down';
export type HealthOf = (node: string) => Health;

/** Whether a queue can be asked. `waiting` is no answer; `down` is a refusal. */
export type Availability = 'up' | 'waiting' | 'down';

export interface Placement {
  readonly type: 'classic' | 'quorum';
  /** The leader of a quorum queue, if there is one; the home node of a classic one. */
  readonly home: string | undefined;
  readonly members: readonly string[];
}

export function availabilityOf(queue: Placement, healthOf: HealthOf): Availability {
  switch (queue.type) {
    case 'quorum':
      return queue.home !== undefined && healthOf(queue.home) === 'up' && hasMajority(queue, healthOf)
        ? 'up'
        : 'waiting';
    case 'classic': {
      const health = queue.home === undefined ? 'down' : healthOf(queue.home);
      return health === 'hung' ? 'waiting' : health;
    }
  }
}

export function hasMajority({ members }: Placement, healthOf: HealthOf): boolean {
  return members.filter((member) => healthOf(member) === 'up').length * 2 > members.length;
}
