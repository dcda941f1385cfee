export type Row = readonly string[];

/** Columns as wide as their widest cell; numbers to the right, the first column to the left. */
export function table(head: Row, rows: readonly Row[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (row: Row): string =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ');
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}

/** @example ms(12.34) // '12' */
export function ms(value: number, capMs = Infinity): string {
  if (Number.isNaN(value)) return '-';
  if (value === Infinity && capMs === Infinity) return 'never';
  if (value >= capMs) return `>${String(Math.round(capMs / 100) / 10)} s`;
  return Math.abs(value) < 10 ? value.toFixed(1) : String(Math.round(value));
}
