import type { Ms, Runtime } from '@failover/core';
import { createResources } from '../process/resources.ts';
import type { DemoAct, DemoLoad, DemoServers } from './contract.ts';
import { startLocalProcess } from './local-process.ts';
import { allServedAfter, outageOf } from './outage.ts';
import type { Stage } from './stage.ts';
import { createNarrator } from './narrator.ts';
import { summarize, type Summary } from './summary.ts';

/** ms of quiet before each fault, so that one sees what normal looks like. */
const quietMs = 4_000;
/** ms that a fault may take to be over; then the demo goes on and says so in the end. */
const patienceMs = 30_000;
/** ms between two looks. */
const lookMs = 20;

export interface Scene {
  readonly backend: string;
  readonly servers: DemoServers;
  readonly stage: Stage;
  readonly runtime: Runtime;
  /** Ends the play: everything is stopped, and `play` rejects with its reason. */
  readonly signal: AbortSignal;
}

/** The whole demo, from the first server to the verdict. Nothing is left running, however it ends. */
export async function play(scene: Scene): Promise<Summary> {
  const { backend, servers, stage, runtime } = scene;
  await using resources = createResources();
  stage.show(() => `starting ${servers.parts}`);
  const cluster = resources.use(await servers.start(runtime));
  scene.signal.throwIfAborted();
  const local = resources.use(await startLocalProcess(backend, cluster.config, runtime));
  const signal = AbortSignal.any([scene.signal, local.ended]);
  signal.throwIfAborted();
  stage.say(`Started ${servers.parts}, and the local process on 127.0.0.1:${local.port}.`);

  const prober = cluster.startProber();
  const load = cluster.startLoad(local.port, prober);
  stage.say(`${load.clients} clients on 127.0.0.1:${local.port} ${load.does}; none of them knows a server.`);
  stage.startClock();
  stage.show(() => statusOf(load));
  local.onEvent(createNarrator(stage, runtime, servers.words, cluster.equals));

  const faults: { readonly name: string; readonly at: Ms }[] = [];
  let healing: Promise<void> = Promise.resolve();
  const healed = (): Promise<unknown> => Promise.race([healing, pause(runtime, patienceMs, signal)]);
  for (const act of cluster.acts) {
    // Not before the servers agree: what only the next to be broken has would be lost with it, by them.
    await Promise.all([pause(runtime, quietMs, signal), healed()]);
    faults.push({ name: act.name, at: await perform(act, load, { servers, stage, runtime, signal }) });
    await pause(runtime, quietMs / 2, signal);
    stage.tell('what was broken comes back; the servers sort themselves out');
    healing = act.heal();
  }
  stage.show(() => `waiting until the servers agree again   ${statusOf(load)}`);
  await healed();

  stage.show(() => 'comparing what was promised with what is there');
  await load.stop();
  const writes = await prober.stop();
  const verdict = await load.judge();
  signal.throwIfAborted();
  const acts = faults.map(({ name, at }) => ({ name, outage: outageOf(at, writes, load.acknowledgedAt) }));
  return summarize(acts, load.counts, verdict);
}

/** One fault, and the wait until every client is served again. */
async function perform(
  act: DemoAct,
  load: DemoLoad,
  { servers, stage, runtime, signal }: Pick<Scene, 'servers' | 'stage' | 'runtime' | 'signal'>,
): Promise<Ms> {
  const { writes } = servers.words;
  const { server, at } = await act.inject();
  stage.tell(`${act.title} (${server})`, 'fault', at);
  const until = runtime.now() + patienceMs;
  while (runtime.now() < until) {
    const back = allServedAfter(at, load.acknowledgedAt);
    if (back !== undefined) {
      stage.tell(
        `${writes} are acknowledged again, ${((back - at) / 1000).toFixed(2)} s after the fault`,
        'good',
        back,
      );
      return at;
    }
    await pause(runtime, lookMs, signal);
  }
  stage.tell(`after ${patienceMs / 1000} s the ${writes} of some client are not acknowledged`, 'fault');
  return at;
}

function statusOf({ counts, clients }: DemoLoad): string {
  const parts = [
    `${counts.acknowledged.toLocaleString('en-GB')} acknowledged`,
    `${counts.waiting} waiting`,
    `${counts.errors + counts.refused} errors`,
    `${counts.unknown} unknown`,
    `${clients} clients, ${counts.closed} connections broken`,
  ];
  return parts.join('   ');
}

function pause(runtime: Runtime, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      cancel();
      reject(signal.reason as Error);
    };
    if (signal.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const cancel = runtime.after(ms, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
