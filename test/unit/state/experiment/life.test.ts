// The ways an experiment goes, played from its admission to its end.
import { describe, expect, it } from 'vitest';
import { DAY_MS, experimentAdmitted, HOUR_MS, MINUTE_MS } from '../../../support/experiment.ts';
import { ExperimentPlay } from '../../../support/experiment-run.ts';

const play = (...args: Parameters<typeof experimentAdmitted>): ExperimentPlay =>
  new ExperimentPlay(experimentAdmitted(...args));

const count = (played: ExperimentPlay, kind: string): number =>
  played.kinds().filter((each) => each === kind).length;

describe('an experiment', () => {
  it('of seven days in which nothing is found ticks every five minutes, looks every fifteen, and expires on time', () => {
    const week = play();
    week.finds = (judges) => (judges ? 'undecided' : 'renewed');
    week.toTheEnd();
    const { startedAtMs, outcome, ticks, looks, conclusion } = week.state;
    expect([outcome, ticks, looks]).toEqual(['expired', 7 * 24 * 12, 7 * 24 * 4]);
    expect(conclusion?.sentence).toContain('the longest duration of the experiment has passed');
    const out = week.played.find(({ action }) => action.kind === 'runOutOfTime');
    const lateMs = (out?.atMs ?? 0) - (startedAtMs ?? 0) - 7 * DAY_MS;
    expect(lateMs).toBeGreaterThanOrEqual(0);
    expect(lateMs).toBeLessThan(5_000);
    expect(week.kinds().slice(-3)).toEqual(['runOutOfTime', 'restore', 'finish']);
  });

  it('ends with the look at the end of its time, when that one concludes', () => {
    const week = play({ maxDurationMs: DAY_MS });
    week.finds = (judges) => {
      const atTheEnd = week.nowMs >= (week.state.startedAtMs ?? 0) + DAY_MS;
      return judges ? (atTheEnd ? 'winner' : 'undecided') : 'renewed';
    };
    week.toTheEnd();
    expect([week.state.outcome, week.state.looks]).toEqual(['adopted', 96]);
    expect(week.kinds().slice(-4)).toEqual(['tick', 'restore', 'graduate', 'finish']);
    expect(week.state.graduation?.workflowId).toBe('rollout/support-bot');
  });

  it('that was away for hours looks once for all the looks it missed, and goes on upon its grid', () => {
    const away = play()
      .untilMs(0)
      .until((_, { state }) => state.looks === 2);
    away.nowMs += 5 * HOUR_MS;
    away.until((_, { state }) => state.looks === 3);
    const sinceStart = (away.state.nextLookAtMs ?? 0) - (away.state.startedAtMs ?? 0);
    expect(sinceStart % (15 * MINUTE_MS)).toBe(0);
    expect((away.state.nextLookAtMs ?? 0) - away.nowMs).toBeLessThanOrEqual(15 * MINUTE_MS);
  });

  it('raises its exposure step by step, as long as each is planned to last', () => {
    const ramped = play({ ramp: { exposedPct: [5, 20, 80], everyMs: HOUR_MS } });
    ramped.until((_, { state }) => state.periods.length === 3);
    expect(ramped.state.periods.map(({ exposedPct }) => exposedPct)).toEqual([5, 20, 80]);
    const [first, second, third] = ramped.state.periods;
    expect((second?.fromMs ?? 0) - (first?.fromMs ?? 0)).toBeLessThan(HOUR_MS + 5_000);
    expect((third?.fromMs ?? 0) - (second?.fromMs ?? 0)).toBeGreaterThanOrEqual(HOUR_MS);
    expect(first?.toMs).toBeLessThan(second?.fromMs ?? 0);
    expect(ramped.state.ramp.nextAtMs).toBeNull();
  });

  it('that is paused serves no arm until it is resumed; then the same weights, in a period of their own', () => {
    const paused = play().until((_, { state }) => state.looks === 1);
    expect(paused.sends('pause')).toMatch(/^accepted: paused/u);
    expect(paused.next).toEqual({ kind: 'takeArmsAway' });
    paused.untilMs(paused.nowMs + DAY_MS);
    expect([paused.state.served, paused.state.looks]).toEqual(['no', 1]);
    paused.nowMs += DAY_MS;
    paused.sends('resume');
    expect(paused.next).toMatchObject({ kind: 'setArms', exposedPct: 100 });
    paused.until((_, { state }) => state.looks === 2);
    expect(paused.state.periods).toHaveLength(2);
    expect(count(paused, 'takeArmsAway')).toBe(1);
  });

  it('that is paused until its time is up expires, and restores', () => {
    const paused = play().until((_, { state }) => state.looks === 1);
    paused.sends('pause');
    paused.toTheEnd();
    expect([paused.state.outcome, paused.state.looks]).toEqual(['expired', 1]);
  });

  it('whose winner needs approval goes on until somebody approves, and looks once more then', () => {
    const asks = play({ approval: 'beforeGraduation' });
    asks.finds = (judges) => (judges ? 'winner' : 'renewed');
    asks.until((_, { state }) => state.phase === 'awaitingGraduation' && state.looks === 3);
    expect(asks.sends('approve', { evidence: 'evidence-1' })).toMatch(
      /^refused: evidence evidence-1 is not/u,
    );
    asks.nowMs += MINUTE_MS;
    expect(asks.sends('approve', { evidence: 'evidence-3' })).toMatch(/^accepted/u);
    expect(asks.next).toEqual({ kind: 'tick', judge: true });
    asks.toTheEnd();
    expect([asks.state.outcome, asks.state.looks]).toEqual(['adopted', 4]);
  });

  it('whose winner nobody approves in time is rejected', () => {
    const asks = play({ approval: 'beforeGraduation', approvalTimeoutMs: HOUR_MS });
    asks.finds = (judges) => (judges ? 'winner' : 'renewed');
    asks.toTheEnd();
    expect([asks.state.outcome, asks.state.looks]).toEqual(['rejected', 5]);
    expect(asks.state.ending?.reason).toBe('nobody approved in time');
  });

  it('whose approved winner is no winner any more waits for another approval', () => {
    const asks = play({ approval: 'both' });
    expect(asks.next.kind).toBe('wait');
    expect(asks.sends('approve', { evidence: 'concise-hash' })).toBe(
      'accepted: approved: the experiment starts',
    );
    asks.finds = (judges) => (judges ? 'winner' : 'renewed');
    asks.until((_, { state }) => state.phase === 'awaitingGraduation');
    asks.sends('approve');
    asks.finds = (judges) => (judges ? 'controlKept' : 'renewed');
    asks.until((_, { state }) => state.looks === 2);
    expect([asks.state.phase, asks.state.approved, asks.state.ending]).toEqual([
      'awaitingGraduation',
      null,
      null,
    ]);
    expect(asks.sends('approve')).toMatch(/^refused: no longer proven/u);
  });

  it('that nobody approves before its start is rejected, and nothing was ever written', () => {
    const asks = play({ approval: 'beforeStart' }).toTheEnd();
    expect([asks.state.outcome, asks.state.startedAtMs]).toEqual(['rejected', null]);
    expect(asks.played.at(-2)?.action).toEqual({ kind: 'restore', untouched: true });
    expect(asks.kinds()).toEqual(['wait', 'expireApproval', 'restore', 'finish']);
  });

  it('whose lease ran out serves the same arms again, in a new period, with its evidence', () => {
    const lost = play().until((_, { state }) => state.looks === 1);
    const { evidenceHash } = lost.state;
    lost.nowMs += HOUR_MS;
    lost.ticks('leaseLost');
    expect(lost.next).toMatchObject({
      kind: 'setArms',
      weights: { control: 0.5, concise: 0.25, clear: 0.25 },
    });
    lost.until((_, { state }) => state.served === 'yes');
    expect([lost.state.evidenceHash, lost.state.periods.length]).toEqual([evidenceHash, 2]);
    const [first, second] = lost.state.periods;
    expect((second?.fromMs ?? 0) - (first?.toMs ?? 0)).toBeGreaterThan(30 * MINUTE_MS);
  });

  it('moves traffic as an adaptive allocation says, and says since when', () => {
    const adaptive = play({
      allocation: { kind: 'thompson', weights: { control: 0.4, concise: 0.3, clear: 0.3 }, floor: 0.1 },
    });
    const weights = { control: 0.2, concise: 0.7, clear: 0.1 };
    adaptive.brings = { allocation: { weights, why: 'concise earns more' } };
    adaptive.until((_, { state }) => state.periods.length === 2);
    expect(adaptive.state.periods[1]).toMatchObject({ weights, why: 'concise earns more', toMs: null });
    adaptive.untilMs(adaptive.nowMs + 2 * HOUR_MS);
    expect(adaptive.state.periods).toHaveLength(2);
  });

  it('with a fixed allocation moves no traffic, whatever a look would have', () => {
    const fixed = play();
    const weights = { control: 0.2, concise: 0.7, clear: 0.1 };
    fixed.brings = { allocation: { weights, why: 'concise earns more' } };
    fixed.until((_, { state }) => state.looks === 3);
    expect([fixed.state.wanted, fixed.state.periods.length]).toEqual([null, 1]);
  });
});
