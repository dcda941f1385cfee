import type { Messenger, Wish } from './messenger.ts';
import type { ClientSpec } from './spec.ts';

/** Each client is imported only by the run that measures it. */
export async function connectMessenger(spec: ClientSpec, wish: Wish): Promise<Messenger> {
  switch (spec.type) {
    case 'amqplib':
      return (await import('./amqplib.ts')).amqplibMessenger(spec.url, wish);
    case 'failover':
      return (await import('./failover.ts')).failoverMessenger(spec.config, wish);
    case 'connectionManager':
      return (await import('./connection-manager.ts')).connectionManagerMessenger(spec.servers, wish);
    case 'rabbitmqClient':
      return (await import('./rabbitmq-client.ts')).rabbitmqClientMessenger(spec.servers, wish);
    case 'rascal':
      return (await import('./rascal.ts')).rascalMessenger(spec.servers, wish);
    case 'reconnecting':
      return (await import('./reconnecting.ts')).reconnectingMessenger(spec.url, wish);
  }
}
