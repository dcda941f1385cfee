import { nextMessage, startModule } from '../process/module.ts';
import type { Connections, ProbeLog, ProberNews, ProberOrder, RoleSeen } from './sighting.ts';

/** The independent reference: it says when the servers serve again, whatever any client believes. */
export interface Prober {
  begin(ports: readonly number[], key: string, connections?: Connections): void;
  /** Since `begin`, live. */
  roles(): readonly RoleSeen[];
  finish(): Promise<ProbeLog>;
}

const isOf =
  <T extends ProberNews['type']>(type: T) =>
  (message: unknown): message is Extract<ProberNews, { type: T }> =>
    typeof message === 'object' && message !== null && 'type' in message && message.type === type;

export async function startProber(): Promise<Prober> {
  const child = startModule(new URL('./main.ts', import.meta.url), {});
  await nextMessage(child, 'the prober is ready', 15_000, isOf('ready'));
  let live: RoleSeen[] = [];
  child.on('message', (news: ProberNews) => {
    if (news.type === 'role') live.push(news);
  });
  const order = (what: ProberOrder): void => void child.send(what);
  return {
    begin(ports, key, connections = 'fresh') {
      live = [];
      order({ type: 'begin', ports, key, connections });
    },
    roles: () => live,
    async finish() {
      const log = nextMessage(child, "the prober's log", 5000, isOf('log'));
      order({ type: 'finish' });
      return log;
    },
  };
}
