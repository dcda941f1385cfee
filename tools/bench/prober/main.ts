import { connect } from 'node:net';
import { now } from '../clock.ts';
import { dieWithParent, toParent } from '../process/module.ts';
import { decode, encode, isReplyError, type Reply } from '../wire/resp.ts';
import type { ProberNews, ProberOrder, Sighting } from './sighting.ts';

/** ms; the resolution of every figure. */
const EVERY_MS = 10;
/** ms; a hung server answers nobody: its tries must not pile up. */
const GIVE_UP_MS = 200;

let sightings: Sighting[] = [];
let roles = new Map<number, string>();
let worstLagMs = 0;
let timer: NodeJS.Timeout | undefined;
let count = 0;

const tell = (news: ProberNews): void => void toParent(news);

/** Only changes are news; every write is kept, because which of them survive is known at the end. */
function saw(sighting: Sighting): void {
  sightings.push(sighting);
  tell(sighting);
}

/** A fresh connection, one ROLE and one unique write in one packet: no client logic, no state, no retry. */
function probe(port: number, key: string): void {
  const value = `p${String(++count)}`;
  const startedAt = now();
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  let bytes = Buffer.alloc(0);
  let role: Reply | undefined;
  socket.setTimeout(GIVE_UP_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    const at = now();
    bytes = Buffer.concat([bytes, chunk]);
    const first = decode(bytes, 0);
    if (first === undefined) return;
    if (role === undefined) {
      role = first.reply;
      const name = Array.isArray(role) ? String(role[0]) : 'unknown';
      if (roles.get(port) !== name) {
        roles.set(port, name);
        saw({ type: 'role', port, role: name, at });
      }
    }
    const second = decode(bytes, first.end);
    if (second === undefined) return;
    if (!isReplyError(second.reply)) saw({ type: 'wrote', port, value, startedAt, at });
    socket.destroy();
  });
  socket.write(encode(['ROLE']) + encode(['RPUSH', key, value]));
}

function begin(ports: readonly number[], key: string): void {
  sightings = [];
  roles = new Map();
  worstLagMs = 0;
  let due = now();
  const tick = (): void => {
    const late = now() - due;
    worstLagMs = Math.max(worstLagMs, late);
    for (const port of ports) probe(port, key);
    // A late tick is not made up for: two probes at once would show nothing that one does not.
    due = Math.max(due + EVERY_MS, now());
    timer = setTimeout(tick, due - now());
  };
  tick();
}

dieWithParent();
process.on('message', (order: ProberOrder) => {
  switch (order.type) {
    case 'begin':
      begin(order.ports, order.key);
      return;
    case 'finish':
      clearTimeout(timer);
      // The tries that are on their way may still be answered.
      setTimeout(() => {
        tell({ type: 'log', sightings, worstLagMs });
      }, GIVE_UP_MS + 50);
  }
});
tell({ type: 'ready' });
