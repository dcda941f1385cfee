import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EndpointId } from '@failover/core';
import { findVersion } from '../find-server.ts';
import { launchCluster } from '../launch.ts';
import type { RabbitTestbed } from '../testbed.ts';
import { launchVirtual } from './launch-virtual.ts';
import { playOnDouble, playOnServer } from './test-kit/golden/play.ts';
import { subjects } from './test-kit/golden/index.ts';
import { sweep } from './test-kit/golden/sweep.ts';

const search = await findVersion('4.0');

function firstOf(testbed: RabbitTestbed): EndpointId {
  const [first] = testbed.members;
  if (first === undefined) throw new Error('a testbed without members');
  return first;
}

describe.skipIf(search.type === 'missing')('the double answers as RabbitMQ does', () => {
  let real: RabbitTestbed;

  beforeAll(async () => {
    real = await launchCluster({ version: '4.0', nodes: 1, management: false });
  });
  afterAll(() => real[Symbol.asyncDispose]());

  describe.each(Object.entries(subjects))('%s:', (_, scenarios) => {
    test.each(Object.entries(scenarios))('%s', async (_title, scenario) => {
      const double = await launchVirtual({ seed: 1, nodes: 1, version: real.version });
      const expected = await playOnDouble(double, firstOf(double), scenario);
      await sweep(real.runtime, firstOf(real));
      const answered = await playOnServer(real.runtime, firstOf(real), scenario, expected);
      expect(expected).toEqual(answered);
    });
  });
});
