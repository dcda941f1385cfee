import type { FailoverState, Ms, TargetDescription } from '../model/index.ts';

/**
 * The explicit transition table of a target. A step that is not in it does not type-check, since `moveTo` takes
 * only what the table allows from the state that the caller has narrowed to.
 */
const table = {
  discovering: ['steady', 'failing-over', 'unavailable'],
  steady: ['suspect', 'failing-over'],
  suspect: ['steady', 'failing-over', 'unavailable'],
  'failing-over': ['steady', 'unavailable'],
  unavailable: ['steady', 'failing-over'],
} as const satisfies Readonly<Record<FailoverState, readonly FailoverState[]>>;

export type NextState<S extends FailoverState> = (typeof table)[S][number];

/** The states from which `To` can be reached. */
export type StateBefore<To extends FailoverState> = {
  [S in FailoverState]: To extends NextState<S> ? S : never;
}[FailoverState];

export type TargetIn<S extends FailoverState> = TargetDescription & { readonly state: S };

export function moveTo<To extends FailoverState>(
  target: TargetIn<StateBefore<To>>,
  to: To,
  now: Ms,
): TargetDescription {
  return { ...target, state: to, since: now };
}

export function isIn<S extends FailoverState>(
  target: TargetDescription,
  ...states: readonly S[]
): target is TargetIn<S> {
  return (states as readonly FailoverState[]).includes(target.state);
}

/** Every legal step, for tests and for the documentation's picture. */
export const transitions: Readonly<Record<FailoverState, readonly FailoverState[]>> = table;
