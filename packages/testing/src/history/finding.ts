import type { Recorded } from './operation-record.ts';

/** One case, with the record that promised otherwise. */
export interface Example {
  readonly key: string;
  readonly value?: string;
  readonly what: string;
  readonly record?: Recorded;
}

/** How often something was found, and the first cases of it. */
export interface Finding {
  readonly count: number;
  readonly examples: readonly Example[];
}

const exampleLimit = 10;

export interface FindingBuilder {
  add(example: Example, count?: number): void;
  readonly finding: Finding;
}

/** Counts everything and keeps the first few, so that a broken run of a million records can be reported. */
export function createFinding(): FindingBuilder {
  const examples: Example[] = [];
  let total = 0;
  return {
    add(example, count = 1) {
      if (count <= 0) return;
      total += count;
      if (examples.length < exampleLimit) examples.push(example);
    },
    get finding() {
      return { count: total, examples };
    },
  };
}

export const nothingFound: Finding = { count: 0, examples: [] };

/** In one sentence, or `undefined` if there is nothing. */
export function sentenceOf({ count, examples }: Finding, word: string): string | undefined {
  const [first] = examples;
  if (first === undefined) return undefined;
  const value = first.value === undefined ? '' : ` ${first.value}`;
  return `${count} ${word}, first ${first.key}${value}: ${first.what}`;
}

/** All together, with the first few examples of each. */
export function joinFindings(findings: readonly Finding[]): Finding {
  return {
    count: findings.reduce((sum, { count }) => sum + count, 0),
    examples: findings.flatMap(({ examples }) => examples),
  };
}
