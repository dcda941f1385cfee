// Prints which servers the tests will find here, as JSON: [{ flavour, version, command, how } | { flavour, reason, cure }].
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
console.log(JSON.stringify({ isDouble: any.kind === 'embedded', kind: any.kind, how: any.how, flavours }));
