import { type EndpointId, endpointOf } from '@failover/core';
import {
  allSeries,
  connectAmqp,
  isSeries,
  launchCluster,
  type RabbitTestbed,
  type Series,
} from '@failover/rabbitmq/testing';
import { UsageError, type Options } from '../../options.ts';

/** ms; a node that was killed needs 6 s, one that comes back after a long hang is started anew. */
const SETTLE_LIMIT_MS = 120_000;

/** @throws Error if the option names a version that is not known here */
export function seriesOf({ brokerVersion = '4.0' }: Options): Series {
  if (isSeries(brokerVersion)) return brokerVersion;
  throw new UsageError(`--version wants one of ${allSeries.join(', ')}, not ${brokerVersion}`);
}

/** Three real nodes on loopback, which outlive many faults. */
export async function launch(version: Series): Promise<RabbitTestbed> {
  const testbed = await launchCluster({ version });
  console.log(`${testbed.kind} ${testbed.version}: ${testbed.how}`);
  return testbed;
}

export function settled(testbed: RabbitTestbed): Promise<void> {
  return testbed.settled(SETTLE_LIMIT_MS);
}

export function urlOf(server: EndpointId | string): string {
  return `amqp://guest:guest@${server}`;
}

/** The first of those that are not `node`. */
export function otherThan(testbed: RabbitTestbed, node: EndpointId): EndpointId {
  const other = testbed.members.find((member) => member !== node);
  if (other === undefined) throw new Error('a cluster of one node has no other');
  return other;
}

/** Whether somebody speaks AMQP on a port of loopback. */
export async function answersAmqp({ runtime }: RabbitTestbed, port: number): Promise<boolean> {
  const client = await connectAmqp(runtime, endpointOf('127.0.0.1', port), { timeoutMs: 2000 });
  await client.close();
  return true;
}
