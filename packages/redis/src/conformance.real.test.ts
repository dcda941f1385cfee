import { describeConformance } from '@failover/testing/conformance';
import { conformanceSubject } from './testing/conformance-kit/subject.ts';
import { realTestbed } from './testing/testbeds.ts';

describeConformance('redis on real servers', { ...conformanceSubject(realTestbed()), recoveryMs: 45_000 });
