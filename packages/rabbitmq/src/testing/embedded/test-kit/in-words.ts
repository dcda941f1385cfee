import type { Heard } from './raw-client.ts';

/** A method as one line, for example `1 basic.deliver t #1 "a"`. */
export function inWords({ channel, method, body }: Heard): string {
  const content = body === undefined ? '' : ` "${body.toString()}"`;
  switch (method.name) {
    case 'basic.deliver': {
      const again = method.redelivered ? ' again' : '';
      return `${channel} deliver ${method.consumerTag} #${method.deliveryTag}${again}${content}`;
    }
    case 'basic.ack':
      return `${channel} ack ${method.deliveryTag}${method.multiple ? ' multiple' : ''}`;
    case 'basic.nack':
      return `${channel} nack ${method.deliveryTag}${method.multiple ? ' multiple' : ''}`;
    case 'basic.get-ok':
      return `${channel} got #${method.deliveryTag}${method.redelivered ? ' again' : ''}${content}`;
    case 'basic.return':
      return `${channel} returned ${method.replyText}${content}`;
    case 'basic.cancel':
      return `${channel} cancelled ${method.consumerTag}`;
    case 'queue.declare-ok':
      return `${channel} declared ${method.queue} ${method.messageCount} ${method.consumerCount}`;
    case 'channel.close':
    case 'connection.close':
      return `${channel} ${method.name} ${method.replyText}`;
    default:
      return `${channel} ${method.name}${content}`;
  }
}
