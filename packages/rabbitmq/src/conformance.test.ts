import { describeConformance } from '@failover/testing/conformance';
import { conformanceSubject } from './testing/conformance-kit/subject.ts';
import { embeddedTestbed } from './testing/testbeds.ts';

describeConformance('rabbitmq on doubles', conformanceSubject(embeddedTestbed));
