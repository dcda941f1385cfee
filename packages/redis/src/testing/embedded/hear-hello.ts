import { describeInstance, type MasterState } from './master-state.ts';
import { parseHello } from './hello.ts';
import { adoptEpoch, type SentinelCore } from './sentinel-core.ts';
import { switchMaster } from './switch-master.ts';

/** What follows from another Sentinel's hello. @see sentinelProcessHelloMessage in Redis */
export function hearHello(core: SentinelCore, text: string): void {
  const hello = parseHello(text);
  const state = hello === undefined ? undefined : core.masters.get(hello.name);
  if (hello === undefined || state === undefined || hello.runId === core.myId) return;
  const now = core.runtime.now();

  let sentinel = state.sentinels.get(hello.runId);
  if (sentinel !== undefined && sentinel.address !== hello.sentinel) {
    sentinel.link.close();
    state.sentinels.delete(hello.runId);
    core.announce('+sentinel-address-switch', describeInstance(state, sentinel));
    sentinel = undefined;
  }
  if (sentinel === undefined) {
    removeSameAddress(state, hello.sentinel);
    sentinel = core.add('sentinel', hello.sentinel, hello.runId);
    state.sentinels.set(hello.runId, sentinel);
    core.announce('+sentinel', describeInstance(state, sentinel));
  }
  sentinel.helloAt = now;
  adoptEpoch(core, hello.currentEpoch);
  if (state.configEpoch >= hello.configEpoch) return;
  state.configEpoch = hello.configEpoch;
  if (hello.master === state.master.address) return;
  core.announce('+config-update-from', describeInstance(state, sentinel));
  switchMaster(core, state, hello.master);
}

/** A Sentinel that was set up anew has another run id at the old address. */
function removeSameAddress(state: MasterState, address: string): void {
  for (const [runId, other] of state.sentinels) {
    if (other.address !== address) continue;
    other.link.close();
    state.sentinels.delete(runId);
  }
}
