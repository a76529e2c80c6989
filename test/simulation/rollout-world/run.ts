/**
 * One rollout as the product runs it: the activities admit, set weights, look, promote and take back; the reducer says what that makes of the
 * rollout and what comes next. In the workflow's place stands this loop, in the gateway's the contract's rules, in the store's windows in
 * memory. Time is the simulation's. Nothing here judges.
 */
import { admitRollout } from '../../../activities/admit-rollout.ts';
import { promoteCandidate, setWeight, takeBackCandidate } from '../../../activities/control.ts';
import { look } from '../../../activities/look.ts';
import type { ActivityPorts } from '../../../activities/index.ts';
import { durationMs } from '../../../src/domain/duration.ts';
import { serviceSettingsSchema, type ServiceSettingsInput } from '../../../src/domain/service-settings.ts';
import { randomFromSeed } from '../../../src/math/index.ts';
import {
  nextRolloutAction,
  reduceRollout,
  startRollout,
  type RolloutAction,
  type RolloutEvent,
  type RolloutState,
} from '../../../src/state/rollout/index.ts';
import { gatewayWrite } from '../../../workflows/gateway-write.ts';
import type { RolloutRule } from '../rollout-rules.ts';
import { memoryGateway } from './memory-gateway.ts';
import { memoryPorts } from './memory-ports.ts';
import { memoryWindows, type CountRule } from './memory-windows.ts';
import { trafficFrom, type TrafficSetting } from './traffic.ts';

export interface WorldSetting {
  readonly seed: number;
  readonly traffic: Omit<TrafficSetting, 'next'>;
  readonly counts: CountRule;
  readonly labelDelayMs: number;
  /** Traffic of the stable configuration before the rollout is asked for; the baseline is read from it. */
  readonly warmUpMs: number;
  /** When the simulation stops looking, if the rollout has not ended. */
  readonly untilMs: number;
  readonly settings?: Pick<ServiceSettingsInput, 'rollout' | 'guardrails' | 'quality'>;
  /** How late the gateway follows a new weight. */
  readonly followsAfterMs?: number;
  /** Rules that see each folded block and lead nothing. */
  readonly watchers?: readonly RolloutRule[];
}

export interface WorldRun {
  /** The end, or null when it was still under way at `untilMs`. */
  readonly outcome: RolloutState['outcome'];
  readonly state: RolloutState;
  /** From admission to the end. */
  readonly tookMs: number;
  /** Labels of the requests since admission that had been folded in by the end: those that count, and all. */
  readonly labels: { readonly counted: number; readonly all: number };
  readonly watchersAlarmed: readonly boolean[];
}

/** Some Monday a little after noon: weights are not set just where a block begins. */
const START_MS = Date.UTC(2026, 0, 5, 12, 0, 17, 300);
const HOLDER = { workflowId: 'rollout/simulated', firstRunId: 'run', runId: 'run' };

/** @throws Failure when the rollout is refused. */
export const runWorld = async (setting: WorldSetting): Promise<WorldRun> => {
  const { rollout, guardrails, quality } = setting.settings ?? {};
  const settings = serviceSettingsSchema.parse({
    serviceId: 'simulated',
    orchestrator: { driver: 'rest', url: 'http://127.0.0.1:1' },
    unit: setting.traffic.users ? 'user' : 'request',
    ...(rollout && { rollout }),
    ...(guardrails && { guardrails }),
    ...(quality && { quality }),
  });
  let clockMs = START_MS;
  const nowMs = (): number => clockMs;
  const blockMs = durationMs(settings.rollout.block);
  const windows = memoryWindows({
    blockMs,
    labelDelayMs: setting.labelDelayMs,
    counts: setting.counts,
    nowMs,
  });
  const gateway = memoryGateway({
    serviceId: settings.serviceId,
    model: 'stable',
    nowMs,
    followsAfterMs: setting.followsAfterMs ?? 0,
  });
  const ports = await memoryPorts({ settings, gateway, windows, nowMs });
  const { next } = randomFromSeed(setting.seed);
  const traffic = trafficFrom({ ...setting.traffic, next }, START_MS);
  const waitUntil = (untilMs: number): void => {
    clockMs = Math.max(clockMs, untilMs);
    traffic.until(
      clockMs,
      (atMs) => gateway.shareAt(atMs),
      (seen) => windows.add(seen),
    );
  };

  waitUntil(START_MS + setting.warmUpMs);
  const admittedAtMs = clockMs;
  const input = { serviceId: settings.serviceId, change: { model: 'candidate' }, by: 'simulation' };
  const admission = await admitRollout(ports, { input, holder: HOLDER, parentWorkflowId: null });
  let state = startRollout(admission.plan, admission.evidence);
  const alarmed = (setting.watchers ?? []).map(() => false);
  const endMs = admittedAtMs + setting.untilMs;
  while (nowMs() < endMs) {
    const action = nextRolloutAction(state, clockMs);
    // Nobody resumes what a gate holds: it would look on until the end.
    if (action.kind === 'finish' || state.held) break;
    const before = state;
    state = await perform(ports, state, action, clockMs, waitUntil);
    if (action.kind !== 'look') continue;
    const range = {
      serviceId: '',
      generation: 0,
      blockMs,
      fromNo: before.foldedTo + 1,
      toNo: state.foldedTo,
    };
    for (const block of setting.watchers ? await windows.blocks(range) : []) {
      setting.watchers?.forEach((watcher, i) => {
        if (watcher.look(block, before.stepIndex, before.weightPct) === 'harm') alarmed[i] = true;
      });
    }
  }
  return {
    outcome: state.outcome,
    state,
    tookMs: clockMs - admittedAtMs,
    labels: windows.labels(admittedAtMs, (state.foldedTo + 1) * blockMs),
    watchersAlarmed: alarmed,
  };
};

/** What the workflow does for an action, with the same activities and events. */
const perform = async (
  ports: ActivityPorts,
  before: RolloutState,
  action: RolloutAction,
  nowMs: number,
  waitUntil: (untilMs: number) => void,
): Promise<RolloutState> => {
  const happened = (state: RolloutState, event: RolloutEvent): RolloutState => reduceRollout(state, event);
  const started = (state: RolloutState): RolloutState =>
    happened(state, { kind: 'writeStarted', atMs: nowMs });
  const owned = (state: RolloutState) => ({ ...gatewayWrite(HOLDER.workflowId, state), holder: HOLDER });
  switch (action.kind) {
    case 'wait':
      if (action.untilMs === null) throw new RangeError('a simulated rollout waits for nobody');
      waitUntil(action.untilMs);
      return before;
    case 'setWeight': {
      const state = started(before);
      const { leaseMs } = state.plan;
      const write = { ...owned(state), weightPct: action.weightPct, leaseMs };
      const set = await setWeight(ports, { ...write, servedPct: before.weightPct });
      return happened(state, { kind: 'weightSet', ...set });
    }
    case 'look': {
      const state = started(before);
      const found = await look(ports, { ...owned(state), state });
      return happened(state, { kind: 'looked', look: found });
    }
    case 'promote': {
      const state = started(before);
      const { leaseExpiresAtMs } = state;
      const { kind } = await promoteCandidate(ports, { ...owned(state), leaseExpiresAtMs });
      return happened(state, { kind: kind === 'leaseLost' ? 'leaseRanOut' : 'promoted', atMs: nowMs });
    }
    case 'takeBack': {
      const state = started(before);
      await takeBackCandidate(ports, {
        ...gatewayWrite(HOLDER.workflowId, state),
        reason: state.ending?.reason ?? 'taken back',
      });
      return happened(started(state), { kind: 'takenBack', atMs: nowMs });
    }
    case 'closeUntouched':
      return happened(before, { kind: 'takenBack', atMs: nowMs });
    case 'expireApproval':
      return happened(before, { kind: 'approvalExpired', atMs: nowMs });
    case 'runOutOfTime':
      return happened(before, { kind: 'timeRanOut', atMs: nowMs });
    case 'routeToBackup':
    case 'leaveBackup':
    case 'setShadow':
      throw new RangeError(`${action.kind}: no simulated service names a backup model or asks for a shadow`);
    case 'finish':
      return before;
  }
};
