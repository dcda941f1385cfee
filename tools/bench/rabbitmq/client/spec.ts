import type { TestbedConfig } from '@failover/rabbitmq/testing';

/** How a load process reaches the cluster; plain data, since it crosses a process boundary. */
export type ClientSpec =
  /** amqplib without any logic of ours. */
  | { readonly type: 'amqplib'; readonly url: string }
  | { readonly type: 'failover'; readonly config: TestbedConfig }
  /** The first server is the one that is tried first. */
  | { readonly type: 'connectionManager'; readonly servers: readonly string[] }
  | { readonly type: 'rabbitmqClient'; readonly servers: readonly string[] }
  | { readonly type: 'rascal'; readonly servers: readonly string[] }
  /** A loop around amqplib that connects, declares and consumes again. */
  | { readonly type: 'reconnecting'; readonly url: string };

/** The same, but asking for this server first where that can be asked for. */
export function preferring(spec: ClientSpec, server: string): ClientSpec {
  switch (spec.type) {
    case 'connectionManager':
    case 'rabbitmqClient':
    case 'rascal':
      return { ...spec, servers: withFirst(server, spec.servers) };
    case 'failover':
      return { ...spec, config: { ...spec.config, servers: withFirst(server, spec.config.servers) } };
    case 'amqplib':
    case 'reconnecting':
      return spec;
  }
}

function withFirst(server: string, servers: readonly string[]): readonly string[] {
  return [server, ...servers.filter((other) => other !== server)];
}
