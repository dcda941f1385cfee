import { createLogUpdate } from 'log-update';
import { colors as pc } from '../colors.ts';
import { merge, map } from 'rxjs';
import { systemRuntime } from '@failover/core';
import type { ProxyConfig } from '../config/index.ts';
import { eventText } from './event-text.ts';
import { exitCode } from './exit-code.ts';
import { follow } from './follow.ts';
import { topologyText } from './topology-text.ts';

/** The last events shown under the picture in a terminal. */
const shownEvents = 12;

/** Shows the clusters as they change, until a signal: in place in a terminal, else a line for each event. */
export async function topology(config: ProxyConfig, out: NodeJS.WriteStream): Promise<number> {
  const runtime = systemRuntime();
  const startedAt = runtime.now();
  await using following = follow(config, runtime);
  const { clusters } = following;
  const picture = (): readonly string[] =>
    clusters.flatMap(({ name, cluster }) => topologyText(name, cluster.topology));
  const events$ = merge(
    ...clusters.map(({ name, cluster }) => cluster.events$.pipe(map((event) => ({ name, event })))),
  );
  const lineOf = ({
    name,
    event,
  }: {
    readonly name: string;
    readonly event: Parameters<typeof eventText>[0];
  }): string =>
    `${pc.dim(`${((event.at - startedAt) / 1000).toFixed(3).padStart(9)} s`)}  ${name}  ${eventText(event)}`;

  if (!out.isTTY) {
    const printing = events$.subscribe((each) => out.write(`${lineOf(each)}\n`));
    await signalled();
    printing.unsubscribe();
    for (const line of picture()) out.write(`${line}\n`);
    return exitCode.ok;
  }
  const update = createLogUpdate(out);
  const recent: string[] = [];
  const draw = (): void => {
    update([...picture(), '', ...recent, '', pc.dim('Ctrl-C ends')].join('\n'));
  };
  const drawing = merge(
    events$.pipe(
      map((each) => {
        recent.push(lineOf(each));
        recent.splice(0, recent.length - shownEvents);
      }),
    ),
    ...clusters.map(({ cluster }) => cluster.topology$),
  ).subscribe(draw);
  draw();
  await signalled();
  drawing.unsubscribe();
  update.done();
  return exitCode.ok;
}

function signalled(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}
