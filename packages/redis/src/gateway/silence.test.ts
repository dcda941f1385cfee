import { expect, it } from 'vitest';
import { createSilenceWatch, lookMs } from './silence.ts';

/** A connection whose answers took `tookMs` each until now. */
function connection(tookMs: number | undefined) {
  const upstream = { owedMs: 0, tookMs, oweMs: () => upstream.owedMs, takeSlowestMs: () => upstream.tookMs };
  return upstream;
}

function watch(upstream: ReturnType<typeof connection>) {
  const told: number[] = [];
  const look = createSilenceWatch(
    () => [upstream],
    (_, forMs) => told.push(forMs),
  );
  return { told, look };
}

function answered(look: (now: number) => void): number {
  let now = 0;
  for (let looks = 0; looks < 10; looks += 1) look((now += lookMs));
  return now;
}

it('tells of a server that owes an answer for four times what is usual', () => {
  const upstream = connection(40);
  const { told, look } = watch(upstream);
  let now = answered(look);
  upstream.tookMs = undefined;
  upstream.owedMs = 159;
  look((now += lookMs));
  expect(told).toEqual([]);
  upstream.owedMs = 161;
  look(now + lookMs);
  expect(told).toEqual([161]);
});

it('leaves a server alone whose commands are slow as ever', () => {
  const upstream = connection(300);
  const { told, look } = watch(upstream);
  const now = answered(look);
  upstream.owedMs = 900;
  look(now + lookMs);
  expect(told).toEqual([]);
});

it('tells after a second of a server of which nothing is known', () => {
  const upstream = connection(undefined);
  const { told, look } = watch(upstream);
  upstream.owedMs = 999;
  look(lookMs);
  upstream.owedMs = 1000;
  look(2 * lookMs);
  expect(told).toEqual([1000]);
});

it('acquits the server while we ourselves stood still', () => {
  const upstream = connection(1);
  const { told, look } = watch(upstream);
  const now = answered(look);
  upstream.owedMs = 700;
  look(now + 700);
  expect(told).toEqual([]);
  look(now + 700 + lookMs);
  expect(told).toEqual([700]);
});
