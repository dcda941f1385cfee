import type { ClientSpec } from '../../client/spec.ts';
import type { Application, ApplicationWish } from './application.ts';

/** @throws Error for a client that this bench does not know */
export async function openApplication(spec: ClientSpec, wish: ApplicationWish): Promise<Application> {
  switch (spec.type) {
    case 'amqplib':
      return (await import('./on-models.ts')).amqplibApplication(spec.url, wish);
    case 'failover':
      return (await import('./on-models.ts')).failoverApplication(spec.config, wish);
    case 'connectionManager':
      return (await import('./on-manager.ts')).managerApplication(spec.servers, wish);
    case 'rabbitmqClient':
    case 'rascal':
    case 'reconnecting':
      throw new Error(`no history of ${spec.type}`);
  }
}
