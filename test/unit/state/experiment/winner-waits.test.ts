// A winner that waits: for the approval of the very variant that was named, for the end of a standstill, and over the end of the time.
import { describe, expect, it } from 'vitest';
import {
  experimentNotices,
  type ExperimentPlan,
  type ExperimentRunState,
  type JudgedLook,
} from '../../../../src/state/experiment/index.ts';
import {
  experimentAdmitted,
  experimentConclusion,
  experimentPlan,
  experimentTick,
  experimentVerdict,
  DAY_MS,
  HOUR_MS,
} from '../../../support/experiment.ts';
import { ExperimentPlay } from '../../../support/experiment-run.ts';

const ASKS = { approval: 'beforeGraduation' } as const;
const FROZEN = 'in the freeze "release day"';

const looked = (different: Partial<ExperimentPlan> = {}): ExperimentPlay =>
  new ExperimentPlay(experimentAdmitted(different)).until((_, { state }) => state.looks === 1);

/** A look that finds `clear`, proven as well as `concise` is otherwise. */
const CLEAR: Partial<JudgedLook> = {
  verdict: { ...experimentVerdict('winner'), variant: 'clear' },
  conclusion: experimentConclusion('adopted', 'clear'),
};

/** Plans from before keep the rules that they were admitted under. */
const before = (): Partial<ExperimentPlan> => {
  const { table: _newer, ...older } = experimentPlan(ASKS);
  return older;
};
const lookedBefore = (): ExperimentPlay => {
  const play = looked(ASKS);
  play.state = { ...play.state, plan: before() as ExperimentPlan };
  return play;
};

const toldAbout = (from: ExperimentRunState, to: ExperimentRunState): readonly string[] =>
  experimentNotices(from, to).map(({ kind, reason }) => `${kind}: ${reason}`);

describe('an approval is of the variant that was named', () => {
  it('and another one that leads by then is not rolled out: it is asked for anew, and told', () => {
    const play = looked(ASKS).ticks('winner');
    expect(play.state.awaiting).toMatchObject({ variant: 'concise' });
    expect(play.sends('approve')).toMatch(/^accepted: approved: concise is rolled out when one more look/u);
    expect(play.state.approved).toMatchObject({ by: 'ann', variant: 'concise' });
    const approved = play.state;
    play.ticks('winner', CLEAR);
    expect(play.state).toMatchObject({
      phase: 'awaitingGraduation',
      approved: null,
      ending: null,
      awaiting: { variant: 'clear', untilMs: approved.awaiting?.untilMs },
      conclusion: { variant: 'clear' },
    });
    expect(play.state.log.at(-1)).toMatchObject({
      what: 'approval spent',
      why: expect.stringMatching(/^concise was approved, now clear leads: /u) as string,
    });
    expect(toldAbout(approved, play.state)).toEqual([
      'approvalNeeded: to roll clear out: concluded: adopted',
    ]);
    play.sends('approve');
    play.ticks('winner', CLEAR);
    expect(play.state.ending).toMatchObject({ outcome: 'adopted', variant: 'clear' });
  });

  it('and when another one leads before anybody approved, that is named, told, and the one to approve', () => {
    const play = looked(ASKS).ticks('winner');
    const asked = play.state;
    play.ticks('winner', CLEAR);
    expect(play.state).toMatchObject({ awaiting: { variant: 'clear' }, conclusion: { variant: 'clear' } });
    expect(play.state.log.at(-1)).toMatchObject({ what: 'awaiting approval' });
    expect(toldAbout(asked, play.state)).toEqual(['approvalNeeded: to roll clear out: concluded: adopted']);
    const named = play.state;
    expect(toldAbout(named, play.ticks('winner', CLEAR).state)).toEqual([]);
    play.sends('approve');
    play.ticks('winner');
    expect([play.state.approved, play.state.ending]).toEqual([null, null]);
  });

  it('and is refused where the newest look finds another one that nobody was told of', () => {
    const play = looked(ASKS).ticks('winner');
    play.sends('pause');
    play.ticks('winner', CLEAR);
    expect(play.state).toMatchObject({
      awaiting: { variant: 'concise' },
      conclusion: { variant: 'concise' },
    });
    play.sends('resume');
    expect(play.sends('approve')).toMatch(/^refused: concise waits for approval, and clear leads now/u);
  });

  it('but an experiment in flight since before goes on as it was', () => {
    const play = lookedBefore().ticks('winner');
    expect(play.state.awaiting).not.toHaveProperty('variant');
    play.sends('approve');
    play.ticks('winner', CLEAR);
    expect(play.state.ending).toMatchObject({ outcome: 'adopted', variant: 'clear' });
  });
});

/** A tick that finds a standstill as well. */
const inStandstill = (
  play: ExperimentPlay,
  finds: 'winner' | 'undecided' | 'leaseLost',
  different: Partial<JudgedLook> = {},
): ExperimentPlay => {
  const tick = experimentTick(play.state, play.nowMs, finds, different);
  return play.happens({ kind: 'ticked', tick: { ...tick, standstill: FROZEN } });
};

describe('a winner that is found while nothing may be changed', () => {
  it('waits, says so once, and is adopted by the first look after that still finds it', () => {
    const play = inStandstill(looked(), 'winner');
    expect([play.state.phase, play.state.ending]).toEqual(['running', null]);
    expect(play.state.log.at(-1)).toMatchObject({
      what: 'winner waits',
      why: `concise, as nothing is changed now: ${FROZEN}`,
    });
    const { log } = inStandstill(play, 'winner').state;
    expect(log.filter(({ what }) => what === 'winner waits')).toHaveLength(1);
    play.ticks('winner');
    expect(play.state.ending).toMatchObject({ outcome: 'adopted', variant: 'concise' });
  });

  it('waits beyond the longest duration, as long as for an approval, and no longer', () => {
    const play = looked({ maxDurationMs: DAY_MS, approvalTimeoutMs: 6 * HOUR_MS });
    const endMs = (play.state.startedAtMs ?? 0) + DAY_MS;
    play.nowMs = endMs - HOUR_MS;
    inStandstill(play, 'winner');
    play.nowMs = endMs + HOUR_MS;
    // Each tick looks, not only every third: the one that finds the standstill over adopts.
    expect(play.next).toEqual({ kind: 'tick', judge: true });
    inStandstill(play, 'winner');
    expect([play.state.phase, play.state.ending]).toEqual(['running', null]);
    play.nowMs = endMs + 6 * HOUR_MS;
    expect(play.next).toEqual({ kind: 'tick', judge: true });
    inStandstill(play, 'winner');
    // Its rollout is refused, which the log says: as before.
    expect(play.state.ending).toMatchObject({ outcome: 'adopted', variant: 'concise' });
  });

  it('and is no longer one at its end expires', () => {
    const play = looked({ maxDurationMs: DAY_MS });
    play.nowMs = (play.state.startedAtMs ?? 0) + DAY_MS - HOUR_MS;
    inStandstill(play, 'winner');
    play.nowMs += HOUR_MS;
    inStandstill(play, 'undecided');
    expect(play.next.kind).toBe('runOutOfTime');
  });

  it('keeps its approval until then', () => {
    const play = looked({ ...ASKS, approvalTimeoutMs: 6 * HOUR_MS }).ticks('winner');
    play.sends('approve');
    inStandstill(play, 'winner');
    expect(play.state).toMatchObject({
      phase: 'awaitingGraduation',
      approved: { variant: 'concise' },
      ending: null,
    });
    play.nowMs += 7 * HOUR_MS;
    expect(play.next.kind).toBe('tick');
    play.ticks('winner');
    expect(play.state.ending).toMatchObject({ outcome: 'adopted', variant: 'concise' });
  });

  it('but one in flight since before is adopted as it was', () => {
    const play = looked();
    const { table: _newer, ...older } = play.state.plan;
    play.state = { ...play.state, plan: older };
    expect(inStandstill(play, 'winner').state.ending?.outcome).toBe('adopted');
  });
});

describe('a lease that ran out over the end of the time', () => {
  const atEnd = (different: Partial<ExperimentPlan> = {}): ExperimentPlay => {
    const play = looked({ maxDurationMs: DAY_MS, ...different });
    play.nowMs = (play.state.startedAtMs ?? 0) + DAY_MS + HOUR_MS;
    expect(play.next).toEqual({ kind: 'tick', judge: true });
    return play;
  };
  const lost = (play: ExperimentPlay, finds: 'winner' | 'noDifference' | 'frozen'): ExperimentPlay => {
    const tick = experimentTick(play.state, play.nowMs, finds);
    return play.happens({ kind: 'ticked', tick: { ...tick, live: 'leaseLost', leaseExpiresAtMs: null } });
  };

  it.each([
    ['winner', 'adopted'],
    ['noDifference', 'noDifference'],
  ] as const)('does not hide what the last look finds: %s', (finds, outcome) => {
    expect(lost(atEnd(), finds).state.ending?.outcome).toBe(outcome);
  });

  it('is what counts while there is time, and where nothing was concluded', () => {
    const play = looked();
    expect([lost(play, 'winner').state.ending, play.state.served]).toEqual([null, 'no']);
    expect(lost(atEnd(), 'frozen').toTheEnd().state.outcome).toBe('expired');
  });

  it('nor does it in one that waits for the end of a standstill: its arms are served again', () => {
    const play = atEnd();
    const tick = experimentTick(play.state, play.nowMs, 'winner');
    const lostStill = { ...tick, live: 'leaseLost', leaseExpiresAtMs: null, standstill: FROZEN } as const;
    play.happens({ kind: 'ticked', tick: lostStill });
    expect([play.state.ending, play.next.kind]).toEqual([null, 'setArms']);
  });

  it('is what counts in one that is in flight since before', () => {
    const play = atEnd();
    const { table: _newer, ...older } = play.state.plan;
    play.state = { ...play.state, plan: older };
    expect(lost(play, 'winner').toTheEnd().state.outcome).toBe('expired');
  });
});
