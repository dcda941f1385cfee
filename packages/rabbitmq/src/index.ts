export { adapter } from './adapter.ts';
export { rabbitConfig, type RabbitConfig, type RabbitOptions } from './config.ts';
