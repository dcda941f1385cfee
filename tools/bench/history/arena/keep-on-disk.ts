import { ask } from '../../wire/ask.ts';

/** A primary that is restarted in its place must come back with its data: an empty one would empty its replicas. */
export async function keepOnDisk(ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    await ask(port, ['CONFIG', 'SET', 'appendonly', 'yes']);
    await ask(port, ['CONFIG', 'REWRITE']);
  }
}
