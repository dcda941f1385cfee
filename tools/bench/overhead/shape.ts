/** How an application sends its commands. */
export type Shape = 'single' | 'all100' | 'pipeline100';
export const SHAPES: readonly Shape[] = ['single', 'all100', 'pipeline100'];

export const SHAPE_TITLES: Readonly<Record<Shape, string>> = {
  single: 'one command after the other',
  all100: 'Promise.all of 100',
  pipeline100: 'pipeline of 100',
};

export interface SliceOrder {
  readonly type: 'slice';
  readonly shape: Shape;
  readonly lengthMs: number;
}

export interface SliceDone {
  readonly type: 'done';
  readonly operationsPerSecond: number;
}
