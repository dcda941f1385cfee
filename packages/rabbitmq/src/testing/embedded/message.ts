import { decodeProperties, type Properties } from '../../protocol/properties.ts';

/** What was published. The header stays as its bytes: a broker passes on what it does not read. */
export interface Message {
  readonly exchange: string;
  readonly routingKey: string;
  /** The payload of the content header. */
  readonly header: Buffer;
  readonly properties: Properties;
  readonly body: Buffer;
}

export function createMessage(exchange: string, routingKey: string, header: Buffer, body: Buffer): Message {
  const { properties } = decodeProperties(header, 0, header.length);
  return { exchange, routingKey, header, properties, body };
}

export const isPersistent = (message: Message): boolean => message.properties.deliveryMode === 2;
