/** What a server is for. A `witness` (a Sentinel) only testifies and holds no data. */
export type Role = 'primary' | 'replica' | 'peer' | 'arbiter' | 'witness' | 'unknown';

declare const brand: unique symbol;
/** `shard/role`: the unit of state. One shard's trouble never holds another's operations. */
export type TargetId = string & { readonly [brand]: 'TargetId' };

/** Where operations can be sent: cluster × shard, queue or replica set × role. */
export interface Target {
  readonly id: TargetId;
  readonly shard: string;
  readonly role: Role;
}

/** Of slots or tokens: the first and the last, both included. */
export type HashRange = readonly [from: number, to: number];

/** @example target('mymaster', 'primary').id // 'mymaster/primary' */
export function target(shard: string, role: Role): Target {
  return { id: targetId(shard, role), shard, role };
}

export function targetId(shard: string, role: Role): TargetId {
  return `${shard}/${role}` as TargetId;
}
