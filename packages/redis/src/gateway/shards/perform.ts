import type { EndpointId } from '@failover/core';
import type { EveryLane } from './every-lane.ts';
import type { Lane } from './lane.ts';
import type { LaneState } from './lane-state.ts';
import { ofCluster } from './of-cluster.ts';
import type { Scanning } from './scanning.ts';
import type { Ways } from './sending.ts';
import { sendTo, sendToAll } from './sending.ts';
import type { SlotMap } from './slot-map.ts';
import type { Subscribing } from './subscribing.ts';
import { turnOf } from './turn.ts';
import type { Unit } from './unit.ts';
import type { Step } from './unit-line.ts';

export interface PerformOptions extends Ways {
  readonly slots: Pick<SlotMap, 'serving' | 'shardOf'>;
  readonly state: Pick<LaneState, 'resp'>;
  /** Where the client has reached us. */
  readonly reachedAt: EndpointId | undefined;
  readonly everyLane: Pick<EveryLane, 'step'>;
  readonly scanning: Pick<Scanning, 'step'>;
  readonly subscribing: Pick<Subscribing, 'step'>;
}

/** A command whose turn it is goes where its plan says. */
export function perform(unit: Unit, by: PerformOptions): Step {
  const { bytes, plan } = unit;
  const { lanes, slots } = by;
  switch (plan.type) {
    case 'answer':
      return answer(plan.reply, by);
    case 'shard':
      return sendTo(laneOf(plan.slot, by), unit, by);
    case 'any':
    case 'transaction':
      return sendTo(lanes.toAny(), unit, by);
    case 'split': {
      const to = plan.parts.map((part) => ({ lane: laneOf(part.slot, by), bytes: part.bytes }));
      return sendToAll(to, turnOf({ join: plan.join, parts: plan.parts.map(({ places }) => places) }), by);
    }
    case 'all': {
      const to = slots.serving().map((shard) => ({ lane: lanes.to(shard), bytes }));
      if (to.length === 0) return 'noShard';
      return sendToAll(to, turnOf({ join: plan.join, parts: to.map(() => []) }), by);
    }
    case 'everyLane':
      return by.everyLane.step(unit);
    case 'subscription':
      return by.subscribing.step(unit);
    case 'scan':
      return by.scanning.step(unit);
    case 'cluster': {
      const asked = ofCluster(unit.args, by.reachedAt, by.state.resp);
      if (asked.type === 'answer') return answer(asked.reply, by);
      return sendTo(laneOf(asked.slot, by) ?? lanes.toAny(), unit, by);
    }
  }
}

function answer(reply: Uint8Array, { turns }: PerformOptions): Step {
  turns.answer(reply);
  return 'gone';
}

function laneOf(slot: number, { lanes, slots }: PerformOptions): Lane | undefined {
  return lanes.to(slots.shardOf(slot));
}
