import { end } from '../../../process/child.ts';
import { nextMessage, startModule } from '../../../process/module.ts';

export interface PipeSettings {
  readonly host: string;
  readonly port: number;
}

export interface PipeNews {
  readonly type: 'listening';
  readonly port: number;
}

export interface Pipe extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
}

const isListening = (message: unknown): message is PipeNews =>
  typeof message === 'object' && message !== null && 'type' in message && message.type === 'listening';

/** A process of Node that passes bytes to one node and back, and looks at none. */
export async function startPipe(server: string): Promise<Pipe> {
  const { hostname: host, port } = new URL(`tcp://${server}`);
  const settings: PipeSettings = { host, port: Number(port) };
  const child = startModule(new URL('./main.ts', import.meta.url), settings);
  const listening = await nextMessage(child, 'the pipe listens', 15_000, isListening);
  return {
    port: listening.port,
    pid: child.pid ?? NaN,
    [Symbol.asyncDispose]: () => end(child),
  };
}
