import { IllegalOperationError, credentials } from 'amqplib';
import { connect } from './client/connect.ts';

export { adapter } from './adapter.ts';
export { connect, type FailoverConnection } from './client/connect.ts';
export {
  createClient,
  type ClientOptions,
  type FailoverRabbit,
  type FailoverSocketOptions,
} from './client/create-client.ts';
export type { ConnectTarget } from './client/targets.ts';
export { rabbitConfig, type RabbitConfig, type RabbitOptions } from './config.ts';
export { IllegalOperationError, credentials };

// amqplib is a CommonJS module, so its users write `import amqp from 'amqplib'`: theirs runs with the name changed.
// eslint-disable-next-line no-restricted-syntax
export default { connect, credentials, IllegalOperationError };
