import { expect, it } from 'vitest';
import { parseCsv } from './redis-benchmark.ts';

const HEAD = '"test","rps","avg_latency_ms","min_latency_ms"';

it('reads the figures of both commands', () => {
  expect(parseCsv(`${HEAD}\n"SET","81234.56","0.3","0.1"\n"GET","90000.00","0.3","0.1"\n`)).toEqual({
    SET: 81234.56,
    GET: 90000,
  });
});

it('refuses a run that was cut', () => {
  expect(() => parseCsv(`${HEAD}\n"SET","81234.56","0.3","0.1"\n`)).toThrow('no figure for GET');
});
