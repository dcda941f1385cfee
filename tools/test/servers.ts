// Prints which servers the tests will find here, as JSON: [{ flavour, version, command, how } | { flavour, reason, cure }].
import { findVersion } from '@failover/rabbitmq/testing';
import { findFlavour, findServer } from '@failover/redis/testing';

const any = await findServer();
const flavours = await Promise.all(
  (['redis', 'valkey'] as const).map(async (flavour) => {
    const search = await findFlavour(flavour);
    return search.type === 'found'
      ? {
          flavour,
          version: search.server.version,
          command: search.server.serverCommand,
          how: search.server.how,
        }
      : { flavour, reason: search.reason, cure: search.cure };
  }),
);
const brokers = await Promise.all(
  (['4.0', '3.10'] as const).map(async (series) => {
    const search = await findVersion(series);
    const flavour = `RabbitMQ ${series}`;
    return search.type === 'found'
      ? { flavour, version: search.server.version, how: search.server.how }
      : { flavour, reason: search.reason, cure: search.cure };
  }),
);
console.log(
  JSON.stringify({ isDouble: any.kind === 'embedded', kind: any.kind, how: any.how, flavours, brokers }),
);
