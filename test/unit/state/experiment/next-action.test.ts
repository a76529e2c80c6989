// What an experiment does next, where a played life does not come by.
import { describe, expect, it } from 'vitest';
import {
  interruptsExperiment,
  nextExperimentAction,
  upgradeExperimentState,
  type ExperimentRunState,
} from '../../../../src/state/experiment/index.ts';
import {
  ADMITTED_AT_MS,
  DAY_MS,
  experimentAdmitted,
  experimentConclusion,
  HOUR_MS,
} from '../../../support/experiment.ts';
import { ExperimentPlay } from '../../../support/experiment-run.ts';

const looked = (...plan: Parameters<typeof experimentAdmitted>): ExperimentPlay =>
  new ExperimentPlay(experimentAdmitted(...plan)).until((_, { state }) => state.looks === 1);

const STOPPED = { by: 'ann', reason: 'as the test says', sinceMs: 0 };
const HELD = { ...STOPPED, armsAway: false };
const AWAY = { ...STOPPED, armsAway: true };

describe('an experiment that runs', () => {
  it.each<readonly [string, Partial<ExperimentRunState>, string]>([
    ['a write left halfway', { served: 'unknown' }, 'setArms'],
    ['a write left halfway, paused', { served: 'unknown', paused: STOPPED }, 'takeArmsAway'],
    ['a write left halfway, held', { served: 'unknown', held: HELD }, 'takeArmsAway'],
    ['arms gone by themselves', { served: 'no' }, 'setArms'],
    ['arms gone by themselves, held', { served: 'no', held: HELD }, 'wait'],
    ['arms live, held for an incident', { held: AWAY }, 'takeArmsAway'],
    ['arms gone, held for an incident', { served: 'no', held: AWAY }, 'wait'],
    ['a look that is due now', { lookNow: true }, 'tick'],
    ['arms live', {}, 'wait'],
    ['arms live, held', { held: HELD }, 'wait'],
  ])('with %s', (_what, different, kind) => {
    const { state, nowMs } = looked();
    expect(nextExperimentAction({ ...state, ...different }, nowMs).kind).toBe(kind);
  });

  it('reset before it ran, with arms of the run before at the gateway, takes them away before it waits for its approval', () => {
    const reset = new ExperimentPlay(experimentAdmitted({ approval: 'beforeStart' }));
    reset.happens({ kind: 'leaseRetaken', atMs: ADMITTED_AT_MS, generation: 3 });
    expect([reset.next.kind, reset.state.plan.generation]).toEqual(['takeArmsAway', 3]);
    reset.until(({ kind }) => kind === 'wait');
    expect(reset.state.phase).toBe('awaitingApproval');
  });

  it('reset to before its first write, and taken back, looks whether arms of the run before are live', () => {
    const reset = new ExperimentPlay(experimentAdmitted());
    reset.sends('rollback');
    expect(reset.next).toEqual({ kind: 'restore', untouched: true });
  });

  it('reset while it ran serves its arms under the new generation, with its evidence', () => {
    const reset = looked();
    const { evidenceHash } = reset.state;
    reset.happens({ kind: 'leaseRetaken', atMs: reset.nowMs, generation: 3 });
    expect(reset.next.kind).toBe('setArms');
    reset.until((_, { state }) => state.served === 'yes');
    expect(reset.state).toMatchObject({ evidenceHash, plan: { generation: 3 }, revision: 2 });
    expect(reset.state.periods).toHaveLength(2);
  });

  it('a tick that failed comes again at the next point of the grid, and the look that was due with it', () => {
    const failed = looked();
    failed.finds = () => 'tickFailed';
    failed.until((_, { state }) => state.log.some(({ what }) => what === 'tick failed'));
    failed.nowMs = failed.state.nextLookAtMs ?? 0;
    failed.ticks('tickFailed');
    expect(failed.next).toEqual({ kind: 'wait', untilMs: failed.state.nextTickAtMs });
    expect((failed.state.nextTickAtMs ?? 0) - failed.nowMs).toBe(failed.state.plan.tickMs);
    failed.nowMs = failed.state.nextTickAtMs ?? 0;
    expect(failed.next).toEqual({ kind: 'tick', judge: true });
  });

  it('approved while a tick only renewed is looked at with the next tick, at once', () => {
    const approved = looked();
    approved.state = { ...approved.state, lookNow: true };
    approved.ticks('renewed');
    expect(approved.next).toEqual({ kind: 'tick', judge: true });
    approved.ticks('undecided');
    expect(approved.next.kind).toBe('wait');
  });

  it('says in its log what a look could not show', () => {
    const { log } = looked().ticks('undecided', { note: 'without the pre-period' }).state;
    expect(log.at(-1)).toMatchObject({ what: 'look', why: 'without the pre-period' });
  });

  it('whose write does not come off is looked at before it is tried again, and never ends of it', () => {
    const tries = looked();
    tries.sends('setAllocation', { weights: { control: 0.2, concise: 0.4, clear: 0.4 } });
    for (let round = 0; round < 3; round += 1) {
      expect(tries.next.kind).toBe('setArms');
      tries.happens({ kind: 'writeStarted', atMs: tries.nowMs, arms: true });
      tries.happens({ kind: 'armsNotSet', atMs: tries.nowMs, why: 'the gateway is away' });
      expect(tries.next.kind).toBe('tick');
      tries.perform(tries.next);
      expect(tries.state).toMatchObject({ phase: 'running', served: 'yes' });
    }
    const { weights, toMs } = tries.state.periods.at(-1) ?? {};
    expect([weights, toMs]).toEqual([tries.state.plan.allocation.weights, null]);
  });

  it('whose write did not come off, with harm done, is restored', () => {
    const harmful = looked();
    harmful.happens({ kind: 'writeStarted', atMs: harmful.nowMs, arms: true });
    harmful.happens({ kind: 'armsNotSet', atMs: harmful.nowMs, why: 'the fleet is paused' });
    expect(harmful.ticks('harm').next.kind).toBe('restore');
  });

  it('waits with what is asked for while a standstill lasts, but for less exposure; ticks go on', () => {
    const still = looked();
    still.state = { ...still.state, standstill: 'the fleet is paused by ann' };
    still.sends('setAllocation', { weights: { control: 0.2, concise: 0.4, clear: 0.4 } });
    expect(still.next.kind).toBe('wait');
    still.perform(still.next);
    expect(still.next.kind).toBe('tick');
    expect(still.ticks('renewed').next.kind).toBe('setArms');
    const less = looked();
    less.state = { ...less.state, standstill: 'the fleet is paused by ann' };
    less.sends('setAllocation', { exposedPct: 10 });
    expect(less.next).toMatchObject({ kind: 'setArms', exposedPct: 10 });
  });

  it('a last look that fails is not tried again: the time is up', () => {
    const failed = looked({ maxDurationMs: DAY_MS });
    failed.finds = () => 'tickFailed';
    failed.toTheEnd();
    expect(failed.state.outcome).toBe('expired');
    expect(failed.kinds().slice(-4)).toEqual(['tick', 'runOutOfTime', 'restore', 'finish']);
  });

  it.each(['paused', 'held'] as const)('has no last look while it is %s', (how) => {
    const { state } = looked({ maxDurationMs: DAY_MS });
    const stopped = { ...state, paused: null, held: null, [how]: HELD };
    const endsAtMs = (state.startedAtMs ?? 0) + DAY_MS;
    expect(nextExperimentAction(stopped, endsAtMs).kind).toBe('runOutOfTime');
    expect(nextExperimentAction(state, endsAtMs)).toEqual({ kind: 'tick', judge: true });
    expect(nextExperimentAction(state, endsAtMs - 1).kind).not.toBe('runOutOfTime');
  });

  it('that never got to serve its arms ends, counted from its admission', () => {
    const paused = new ExperimentPlay(experimentAdmitted());
    paused.sends('pause');
    paused.toTheEnd();
    expect([paused.state.outcome, paused.state.revision]).toEqual(['expired', 1]);
    const { atMs } = paused.played.find(({ action }) => action.kind === 'runOutOfTime') ?? {};
    expect(atMs).toBe(ADMITTED_AT_MS + 7 * DAY_MS);
  });
});

describe('an approved winner', () => {
  const approved = (): ExperimentPlay => {
    const asks = looked({ approval: 'beforeGraduation', approvalTimeoutMs: HOUR_MS });
    asks.ticks('winner');
    asks.nowMs = (asks.state.awaiting?.untilMs ?? 0) - 1;
    asks.sends('approve');
    return asks;
  };

  it('in the last moment gets its look', () => {
    const late = approved();
    late.nowMs += 60_000;
    late.finds = () => 'winner';
    expect(late.next).toEqual({ kind: 'tick', judge: true });
    expect(late.toTheEnd().state.outcome).toBe('adopted');
  });

  it('whose looks fail for the time of a lease is rejected', () => {
    const late = approved();
    late.finds = () => 'tickFailed';
    late.toTheEnd();
    expect(late.state.ending).toMatchObject({ outcome: 'rejected', reason: /no look came/u });
    expect(late.nowMs - (late.state.log.at(-1)?.atMs ?? 0)).toBeLessThan(HOUR_MS);
  });

  it('whose look failed is looked at with every tick', () => {
    const asks = looked({ approval: 'beforeGraduation' });
    asks.ticks('winner');
    asks.sends('approve');
    asks.nowMs += 1_000;
    asks.ticks('tickFailed');
    const { nextTickAtMs, nextLookAtMs } = asks.state;
    expect(nextTickAtMs ?? 0).toBeLessThan(nextLookAtMs ?? 0);
    expect(asks.next).toEqual({ kind: 'wait', untilMs: nextTickAtMs });
    asks.nowMs = nextTickAtMs ?? 0;
    expect(asks.next).toEqual({ kind: 'tick', judge: true });
  });

  it('that was found with the last look may be approved after the longest duration', () => {
    const asks = looked({ approval: 'beforeGraduation', maxDurationMs: DAY_MS });
    asks.finds = () => (asks.nowMs >= (asks.state.startedAtMs ?? 0) + DAY_MS ? 'winner' : 'undecided');
    asks.until((_, { state }) => state.phase === 'awaitingGraduation');
    asks.untilMs(asks.nowMs + HOUR_MS);
    asks.sends('approve');
    expect(asks.toTheEnd().state.outcome).toBe('adopted');
  });
});

describe('what is being written is interrupted', () => {
  it.each<readonly [string, Partial<ExperimentRunState>, boolean]>([
    ['a pause', { paused: STOPPED }, true],
    ['a hold for an incident', { held: AWAY }, true],
    ['an ending', { ending: { outcome: 'stopped', variant: null, by: 'ann', reason: 'enough' } }, true],
    ['a hold that leaves the arms', { held: HELD }, false],
    ['an allocation', { wanted: { weights: {}, exposedPct: 5, by: 'ann', why: '' } }, false],
  ])('by %s', (_what, different, interrupts) => {
    const { state } = looked();
    expect(interruptsExperiment(state, { ...state, ...different })).toBe(interrupts);
    expect(interruptsExperiment({ ...state, ...different }, { ...state, ...different })).toBe(false);
  });
});

describe('the end of time', () => {
  it('finds no winner, whatever conclusion it comes with', () => {
    const late = looked();
    const conclusion = experimentConclusion('adopted', 'concise');
    late.happens({ kind: 'timeRanOut', atMs: late.nowMs, conclusion });
    expect(late.state.ending).toMatchObject({ outcome: 'expired', variant: null });
    expect(late.state.conclusion?.outcome).toBe('expired');
  });

  it('keeps the conclusion that somebody has worked out', () => {
    const late = looked();
    const conclusion = experimentConclusion('expired');
    late.happens({ kind: 'timeRanOut', atMs: late.nowMs, conclusion });
    expect([late.state.conclusion, late.state.ending?.reason]).toEqual([conclusion, 'concluded: expired']);
  });
});

describe('what ends elsewhere', () => {
  it('somebody with a greater generation: it ends at once, with nothing to restore', () => {
    const gone = looked().happens({ kind: 'superseded', atMs: 1, why: 'generation 9 is live' });
    expect(gone.next).toEqual({ kind: 'finish' });
    expect(gone.state).toMatchObject({ outcome: 'superseded', served: 'no' });
  });

  it('somebody who took one of several targets: the others are restored first', () => {
    const also = {
      driver: 'rest' as const,
      url: 'http://127.0.0.1:2',
      name: 'cache',
      keys: ['cacheTtlSeconds'],
    };
    const target = { driver: 'rest' as const, url: 'http://127.0.0.1:1', also: [also] };
    const gone = looked({ target }).happens({ kind: 'superseded', atMs: 1, why: 'generation 9 is live' });
    expect(gone.next).toEqual({ kind: 'restore', untouched: false });
    expect(gone.toTheEnd().state.outcome).toBe('superseded');
  });

  it('a write that the gateway refuses for good: restored, as failed', () => {
    const failed = looked().happens({ kind: 'stepFailed', atMs: 1, by: 'gateway', why: 'no such model' });
    expect(failed.next).toEqual({ kind: 'restore', untouched: false });
    expect(failed.toTheEnd().state.conclusion?.sentence).toMatch(/^no such model; until then concise led/u);
  });

  it('a rollout that was not started: the winner stands, recommended, and it is said why', () => {
    const won = looked().ticks('winner');
    won.happens({ kind: 'restored', atMs: won.nowMs });
    won.happens({ kind: 'graduationRefused', atMs: won.nowMs, why: 'a rollout is running' });
    expect(won.state).toMatchObject({ phase: 'ended', outcome: 'adopted', graduation: null });
    expect(won.state.log.at(-1)?.why).toBe('its rollout was not started: a rollout is running');
  });
});

describe('a state of another version', () => {
  it('is refused', () => {
    const { state } = looked();
    expect(upgradeExperimentState(state)).toBe(state);
    const newer = JSON.parse(JSON.stringify({ ...state, version: 2 })) as ExperimentRunState;
    expect(() => upgradeExperimentState(newer)).toThrow(/^state.version: 2 is given, expected 1/u);
  });
});
