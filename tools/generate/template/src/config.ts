import { ConfigError, endpoint, type ConfigIssue, type ConfigSpec, type EndpointId } from '@failover/core';

export interface SampleConfig {
  /** Some peers; the rest of the ring is learnt from them. */
  readonly peers: readonly EndpointId[];
}

const fix = 'Write peers: [127.0.0.1:7001, 127.0.0.1:7002].';

export const config: ConfigSpec<SampleConfig> = {
  schema: {
    type: 'object',
    required: ['peers'],
    additionalProperties: false,
    properties: {
      peers: { type: 'array', minItems: 1, items: { type: 'string' }, description: 'Some peers, host:port.' },
    },
  },
  parse(input) {
    const value = typeof input === 'object' && input !== null && 'peers' in input ? input.peers : undefined;
    if (!Array.isArray(value) || value.length === 0) {
      throw new ConfigError([{ field: 'peers', value, problem: 'is no list of addresses', fix }]);
    }
    const issues: ConfigIssue[] = [];
    const peers = value.flatMap((text: unknown, at) => {
      try {
        return [endpoint(String(text))];
      } catch {
        issues.push({ field: `peers.${at}`, value: text, problem: 'is no address', fix });
        return [];
      }
    });
    if (issues.length > 0) throw new ConfigError(issues);
    return { peers };
  },
};
