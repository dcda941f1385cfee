/** A stretch of time on the history's clock, both ends included. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

/** Whether the second lies wholly in the first. */
export function contains(outer: Period, inner: Period): boolean {
  return outer.from <= inner.from && inner.to <= outer.to;
}

/** Whether they have an instant in common, if each is longer by so much at both ends. */
export function touches(a: Period, b: Period, toleranceMs = 0): boolean {
  return a.from - toleranceMs <= b.to && b.from <= a.to + toleranceMs;
}
