import { describeConformance } from '@failover/testing/conformance';
import { describe, it } from 'vitest';
import { conformanceSubject } from './testing/conformance-kit/subject.ts';
import { seriesUnderTest } from './testing/series-under-test.ts';
import { realTestbed } from './testing/testbeds.ts';

for (const { series, search } of await seriesUnderTest()) {
  if (search.type === 'found') {
    describeConformance(`rabbitmq ${series}`, {
      ...conformanceSubject(realTestbed(series)),
      recoveryMs: 60_000,
    });
  } else {
    const missing = `${search.reason}. Cure: ${search.cure}`;
    console.warn(`SKIPPED on RabbitMQ ${series}: ${missing}`);
    describe(`rabbitmq ${series}`, () => {
      it('keeps the adapter contract', ({ skip }) => skip(missing));
    });
  }
}
