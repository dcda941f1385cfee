import { describeConformance } from '@failover/testing/conformance';
import { describe, it } from 'vitest';
import { conformanceSubject } from './testing/conformance-kit/subject.ts';
import { findVersion } from './testing/find-server.ts';
import { realTestbed } from './testing/testbeds.ts';

for (const series of ['3.10', '4.0'] as const) {
  const search = await findVersion(series);
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
