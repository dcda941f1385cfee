import { colors as pc } from '../colors.ts';

const colours = { debug: pc.dim, info: pc.cyan, warn: pc.yellow, error: pc.red } as const;

/** One JSON record as a line for people: time, level, message, then the fields. */
export function prettyLine(json: string): string {
  const { level, time, msg, ...fields } = JSON.parse(json) as {
    readonly level: keyof typeof colours;
    readonly time: number;
    readonly msg: string;
    readonly [field: string]: unknown;
  };
  const clock = new Date(time).toISOString().slice(11, 23);
  const rest = Object.entries(fields).map(([key, value]) => `${key}=${shown(value)}`);
  return `${pc.dim(clock)} ${colours[level](level.padEnd(5))} ${msg}${rest.length === 0 ? '' : ` ${pc.dim(rest.join(' '))}`}\n`;
}

function shown(value: unknown): string {
  return typeof value === 'string' && !/[\s="]/.test(value) ? value : JSON.stringify(value);
}
