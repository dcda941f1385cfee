import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { end } from '../process/child.ts';
import { nextMessage, startModule } from '../process/module.ts';
import type { DriverSpec, Told } from './driver/driver.ts';
import type { OperationRecord } from './operation.ts';
import type { LoadNews, LoadOrder, LoadPlan, LoadSettings } from './orders.ts';

export interface LoadResult {
  readonly records: readonly OperationRecord[];
  /** Of what went on beside. */
  readonly beside: readonly OperationRecord[];
  /** Connections of the application that were closed under its hands, where its client tells. */
  readonly closed?: number | undefined;
  readonly told?: Told | undefined;
  readonly worstLagMs: number;
}

/** The clients of one run. */
export interface Load {
  readonly key: string;
  lastAcks(): Promise<readonly number[]>;
  /** Undefined if the process did not answer: a blocked one is started again for the next run. */
  finish(): Promise<LoadResult | undefined>;
}

/** A contender's own process: it connects anew for each run, and starts once, since starting takes a second. */
export interface Loader {
  /** Resolves when every worker was acknowledged. @throws Error if that fails in several fresh processes */
  begin(plan: LoadPlan): Promise<Load>;
  end(): Promise<void>;
}

const isOf =
  <T extends LoadNews['type']>(type: T) =>
  (message: unknown): message is Extract<LoadNews, { type: T }> =>
    typeof message === 'object' && message !== null && 'type' in message && message.type === type;

/** ms; a client that is not connected to a healthy cluster by then is started again. */
export const READY_LIMIT_MS = 45_000;
const START_LIMIT_MS = 60_000;
const TRIES = 3;

async function startProcess(name: string): Promise<ChildProcess> {
  const child = startModule(new URL('./main.ts', import.meta.url), {});
  await nextMessage(child, `the load process of ${name} starts`, START_LIMIT_MS, isOf('started'));
  return child;
}

export async function startLoader(name: string, driver: DriverSpec): Promise<Loader> {
  const directory = mkdtempSync(join(tmpdir(), 'failover-load-'));
  const historyFile = join(directory, 'history.jsonl');
  const besideFile = join(directory, 'beside.jsonl');
  let child = await startProcess(name);
  const order = (what: LoadOrder): void => void child.send(what);

  async function connect(settings: LoadSettings): Promise<void> {
    for (let tried = 1; ; tried++) {
      const ready = nextMessage(child, `the load of ${settings.key} is ready`, READY_LIMIT_MS, isOf('ready'));
      order({ type: 'begin', settings });
      try {
        await ready;
        return;
      } catch (error) {
        // Clients have been seen to hang while they connect, with all servers well: told, and not measured here.
        console.log(`     ${settings.key} was not connected within ${String(READY_LIMIT_MS)} ms`);
        if (tried === TRIES) throw error;
        await end(child);
        child = await startProcess(name);
      }
    }
  }

  return {
    async begin(plan) {
      const { key } = plan;
      await connect({ ...plan, driver, historyFile, besideFile });
      return {
        key,
        async lastAcks() {
          const answer = nextMessage(child, `last acknowledgements of ${key}`, 2000, isOf('lastAcks'));
          order({ type: 'lastAcks' });
          // A process that does not even answer us has not recovered.
          return answer.then(
            ({ at }) => at,
            () => [-Infinity],
          );
        },
        async finish() {
          const answer = nextMessage(child, `the history of ${key}`, 20_000, isOf('finished'));
          order({ type: 'finish' });
          try {
            const { told, closed, worstLagMs } = await answer;
            const beside = plan.beside === undefined ? [] : readHistory(besideFile);
            return { records: readHistory(historyFile), beside, closed, told, worstLagMs };
          } catch (error) {
            console.log(
              `     ${error instanceof Error ? error.message : String(error)}: this run of it is lost`,
            );
            await end(child);
            child = await startProcess(name);
            return undefined;
          }
        },
      };
    },
    async end() {
      await end(child);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function readHistory(file: string): readonly OperationRecord[] {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as OperationRecord);
}
