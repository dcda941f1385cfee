import { describeConformance } from '@failover/testing/conformance';
import { adapter } from '../adapter.ts';
import { embeddedTestbed } from './testbed.ts';

describeConformance('sample', {
  adapter,
  testbed: embeddedTestbed,
  invalidConfigs: [undefined, {}, { peers: [] }, { peers: ['nowhere'] }],
});
