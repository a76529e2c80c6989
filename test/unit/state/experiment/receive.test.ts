// What each message makes of an experiment in each phase, and what its sender is told.
import { describe, expect, it } from 'vitest';
import type { MessageName } from '../../../../src/state/messages.ts';
import type { ExperimentPhase, ExperimentPlan } from '../../../../src/state/experiment/index.ts';
import { experimentAdmitted, experimentVerdict, HOUR_MS } from '../../../support/experiment.ts';
import { ExperimentPlay } from '../../../support/experiment-run.ts';

const play = (different: Partial<ExperimentPlan> = {}): ExperimentPlay =>
  new ExperimentPlay(experimentAdmitted(different));

/** One that has been looked at once. */
const looked = (different: Partial<ExperimentPlan> = {}): ExperimentPlay =>
  play(different).until((_, { state }) => state.looks === 1);

const finding = (
  finds: 'winner' | 'harm' | 'frozen',
  different: Partial<ExperimentPlan> = {},
): ExperimentPlay => {
  const found = looked(different);
  return found.ticks(finds);
};

const PHASES: Readonly<Record<ExperimentPhase, () => ExperimentPlay>> = {
  awaitingApproval: () => play({ approval: 'beforeStart' }),
  starting: () => play(),
  running: () => looked(),
  awaitingGraduation: () => finding('winner', { approval: 'beforeGraduation' }),
  restoring: () => finding('harm'),
  graduating: () => {
    const found = finding('winner');
    return found.happens({ kind: 'restored', atMs: found.nowMs });
  },
  ended: () => finding('harm').toTheEnd(),
};

const ANOMALY = { anomaly_type: 'quality_drop', affected_services: ['support-bot'] };
const EQUAL = { control: 0.5, concise: 0.25, clear: 0.25 };
const payloads: Readonly<Record<MessageName, Readonly<Record<string, unknown>>>> = {
  rollback: {},
  stop: {},
  reject: {},
  approve: {},
  pause: {},
  resume: {},
  promote: {},
  replace: { change: { model: 'm' } },
  anomaly: { ...ANOMALY, severity: 'low' },
  setAllocation: { weights: EQUAL },
};

type Row = Readonly<Record<ExperimentPhase, RegExp>>;
const always = (answer: RegExp): Omit<Row, 'ended'> => ({
  awaitingApproval: answer,
  starting: answer,
  running: answer,
  awaitingGraduation: answer,
  restoring: answer,
  graduating: answer,
});
const ENDED = { ended: /^refused: the experiment has ended: harmed/u };
const ENDING = {
  restoring: /^refused: the experiment is ending: harmed/u,
  graduating: /^refused: the experiment is ending: adopted/u,
};
const RESTORED = /^accepted: the stable configuration is restored for everybody/u;
const TAKEN_BACK = { graduating: /^accepted: the winner is not rolled out/u, ...ENDED };

const ANSWERS: Readonly<Record<MessageName, Row>> = {
  rollback: { ...always(RESTORED), restoring: /^accepted: already ending: harmed/u, ...TAKEN_BACK },
  stop: { ...always(RESTORED), restoring: /^accepted: already ending: harmed/u, ...TAKEN_BACK },
  reject: {
    ...always(/^accepted: rejected: the stable/u),
    restoring: /^refused: already ending: harmed/u,
    ...TAKEN_BACK,
  },
  approve: {
    ...always(/^refused: nothing waits for an approval/u),
    awaitingApproval: /^accepted: approved: the experiment starts/u,
    awaitingGraduation: /^accepted: approved: concise is rolled out when one more look/u,
    ...ENDING,
    ...ENDED,
  },
  pause: { ...always(/^accepted: paused: everybody gets the stable/u), ...ENDING, ...ENDED },
  resume: { ...always(/^refused: neither paused nor held/u), ...ENDING, ...ENDED },
  promote: {
    ...always(/^refused: nothing to promote while/u),
    running: /^accepted: concise is rolled out next, with 2 criteria unmet: not proven better/u,
    awaitingGraduation: /^accepted: concise is rolled out next, with 1 criteria unmet: not approved/u,
    ...ENDING,
    ...ENDED,
  },
  replace: { ...always(/^refused: an experiment is not replaced: send stop/u), ...ENDED },
  anomaly: { ...always(/^accepted: logged/u), ...ENDED },
  setAllocation: {
    ...always(/^accepted: control 50 %, concise 25 %, clear 25 %, of 100 % of the units/u),
    awaitingApproval: /^refused: the experiment waits for its approval/u,
    awaitingGraduation: /^refused: weights are not changed now: a winner waits/u,
    ...ENDING,
    ...ENDED,
  },
};

describe.each(Object.keys(ANSWERS) as readonly MessageName[])('%s', (name) => {
  it.each(Object.keys(PHASES) as readonly ExperimentPhase[])('while %s', (phase) => {
    const played = PHASES[phase]();
    expect(played.state.phase).toBe(phase);
    const before = played.state;
    const answer = played.sends(name, payloads[name]);
    expect(answer).toMatch(ANSWERS[name][phase]);
    expect(answer.startsWith('accepted') || played.state === before).toBe(true);
  });
});

describe('a rollback', () => {
  it.each(['awaitingApproval', 'starting', 'running', 'awaitingGraduation', 'graduating'] as const)(
    'while %s ends it as rolled back, with no rollout, and nothing comes after',
    (phase) => {
      const played = PHASES[phase]();
      played.sends('rollback', { by: 'oncall' });
      played.toTheEnd();
      expect([played.state.outcome, played.state.graduation]).toEqual(['rolledBack', null]);
      expect(played.state.conclusion?.outcome).toBe('rolledBack');
      expect(played.kinds()).not.toContain('graduate');
    },
  );

  it('that comes when the rollout has just been started is the outcome, and says which rollout', () => {
    const played = PHASES.graduating();
    played.sends('rollback');
    played.happens({ kind: 'graduated', atMs: played.nowMs, workflowId: 'rollout/support-bot', runId: 'r' });
    expect([played.state.phase, played.state.outcome]).toEqual(['ended', 'rolledBack']);
    expect(played.state.graduation).toEqual({ workflowId: 'rollout/support-bot', runId: 'r' });
  });
});

describe('a repeated message', () => {
  it.each(['pause', 'stop', 'setAllocation'] as const)('%s is taken once', (name) => {
    const played = looked();
    expect(played.sends(name, { ...payloads[name], messageId: 'm1' })).toMatch(/^accepted/u);
    const before = played.state;
    expect(played.sends(name, { ...payloads[name], messageId: 'm1' })).toBe(
      'refused: message m1 was already handled',
    );
    expect(played.state).toBe(before);
  });

  it('an anomaly that is sent twice holds once, and asks for one cycle', () => {
    const played = looked();
    const alert = { ...ANOMALY, severity: 'medium', id: 'a1' };
    played.sends('anomaly', alert);
    played.sends('anomaly', alert);
    expect(played.state.cyclesAsked).toBe(1);
  });
});

describe('a hold', () => {
  it('concludes nothing, not even what is proven, until somebody resumes', () => {
    const played = looked();
    played.sends('anomaly', { ...ANOMALY, severity: 'medium' });
    played.finds = (judges) => (judges ? 'winner' : 'renewed');
    played.until((_, { state }) => state.looks === 4);
    expect([played.state.phase, played.state.ending]).toEqual(['running', null]);
    played.sends('resume');
    played.toTheEnd();
    expect([played.state.outcome, played.state.looks]).toEqual(['adopted', 5]);
  });

  it('for a broken split goes on to the end of its time when nobody does anything, and expires', () => {
    const played = looked();
    played.finds = (judges) => (judges ? 'frozen' : 'renewed');
    played.toTheEnd();
    expect([played.state.outcome, played.state.graduation]).toEqual(['expired', null]);
  });

  it('whoever resumes what is frozen is told that it is held again while what froze it lasts', () => {
    expect(finding('frozen').sends('resume')).toMatch(/the next look holds it again while this lasts/u);
  });
});

describe('promote', () => {
  it('names a variant that somebody asks for, with what is unmet on record', () => {
    const played = looked();
    expect(played.sends('promote', { variant: 'clear' })).toMatch(
      /^accepted: clear is rolled out next, with 3 criteria unmet: not proven better \(undecided\), neither 5 % better nor 10 % cheaper as observed, errorRate inconclusive/u,
    );
    played.toTheEnd();
    expect(played.state).toMatchObject({
      outcome: 'adopted',
      ending: { variant: 'clear', byHand: true, by: 'ann' },
      conclusion: { variant: 'clear', effect: { difference: 0.01 } },
      graduation: { workflowId: 'rollout/support-bot' },
    });
    expect(played.state.ending?.reason).toContain('unmet: not proven better');
  });

  it('says what a variant costs and saves', () => {
    const played = looked();
    played.sends('promote');
    expect(played.state.conclusion?.costUsdPerRequest).toEqual({ control: 0.01, variant: 0.008 });
    expect(played.state.conclusion?.savedUsdPer1000Requests).toBeCloseTo(2, 9);
    expect(played.state.conclusion?.latencyP95Ms).toEqual({ control: 900, variant: 900 });
  });

  it.each([
    [{ variant: 'control' }, /expected one of concise, clear \(the control is what is served already/u],
    [{ variant: 'terse' }, /^refused: variant: terse is given, expected one of concise, clear/u],
  ])('%j is refused', (payload, answer) => {
    expect(looked().sends('promote', payload)).toMatch(answer);
  });

  it('is refused before anything was measured', () => {
    const served = play().until((_, { state }) => state.served === 'yes');
    expect(served.sends('promote')).toBe('refused: nothing was measured of any variant');
    expect(served.sends('promote', { variant: 'clear' })).toBe('refused: nothing was measured of clear');
  });

  it('of a variant whose harm is proven is refused, also when that ends nothing', () => {
    const played = looked();
    const verdict = { ...experimentVerdict('harm'), outcome: 'running' as const };
    played.ticks('undecided', { verdict });
    expect(played.sends('promote', { variant: 'clear' })).toMatch(/^refused: harm is proven in clear/u);
    expect(played.sends('promote', { variant: 'concise' })).toMatch(/^accepted/u);
  });

  it('goes on although it is held, and says so', () => {
    expect(finding('frozen').sends('promote')).toMatch(
      /the look says frozen, stopped: the look says frozen/u,
    );
  });

  it('rolls out although the plan only recommends', () => {
    const recommends = looked({ graduate: false });
    recommends.sends('promote');
    expect(recommends.toTheEnd().state.graduation).not.toBeNull();
    const found = finding('winner', { graduate: false }).toTheEnd();
    expect([found.state.outcome, found.state.graduation]).toEqual(['adopted', null]);
  });
});

describe('setAllocation', () => {
  const ADAPTIVE = { kind: 't3c' as const, weights: EQUAL, floor: 0.1 };
  const RAMP = { exposedPct: [20, 50], everyMs: HOUR_MS };

  it.each<readonly [string, Partial<ExperimentPlan>, Readonly<Record<string, unknown>>, RegExp]>([
    [
      'an arm left out',
      {},
      { weights: { control: 0.5, concise: 0.5 } },
      /expected the arms control, concise, clear/u,
    ],
    ['an arm of somebody else', {}, { weights: { ...EQUAL, clear: 0, terse: 0.25 } }, /expected the arms/u],
    [
      'nothing for the control',
      {},
      { weights: { control: 0, concise: 0.5, clear: 0.5 } },
      /more than 0 for control/u,
    ],
    ['nothing for any variant', {}, { weights: { control: 1, concise: 0, clear: 0 } }, /and for a variant/u],
    [
      'weights of an adaptive one',
      { allocation: ADAPTIVE },
      { weights: EQUAL },
      /only exposedPct can be set/u,
    ],
    [
      'weights of one that is judged once',
      { analysis: 'fixedHorizon' },
      { weights: EQUAL },
      /not changed under fixedHorizon/u,
    ],
    [
      'an arm called like what objects have',
      {},
      { weights: { control: 0.5, constructor: 0.5 } },
      /expected the arms/u,
    ],
  ])('%s is refused, and changes nothing', (_what, plan, payload, answer) => {
    const played = looked(plan);
    const before = played.state;
    expect(played.sends('setAllocation', payload)).toMatch(answer);
    expect(played.state).toBe(before);
  });

  it('is written next, and begins a period', () => {
    const played = looked();
    const weights = { control: 0.2, concise: 0.8, clear: 0 };
    expect(played.sends('setAllocation', { weights, exposedPct: 40 })).toMatch(/written next/u);
    expect(played.next).toEqual({ kind: 'setArms', weights, exposedPct: 40, why: 'as the test says' });
    played.until((_, { state }) => state.wanted === null);
    expect(played.state.periods.at(-1)).toMatchObject({ weights, exposedPct: 40, toMs: null });
  });

  it('an adaptive one takes a share of units, and keeps its weights', () => {
    const played = looked({ allocation: ADAPTIVE });
    played.sends('setAllocation', { exposedPct: 30 });
    expect(played.next).toMatchObject({ kind: 'setArms', weights: EQUAL, exposedPct: 30 });
  });

  it('a share by hand ends the ramp', () => {
    const played = looked({ ramp: RAMP });
    expect(played.sends('setAllocation', { exposedPct: 10 })).toMatch(/the ramp is over/u);
    played.untilMs(played.nowMs + 5 * HOUR_MS);
    expect(played.state.periods.map(({ exposedPct }) => exposedPct)).toEqual([20, 10]);
  });

  it.each(['paused', 'held'] as const)('raises nothing while it is %s, and lowers', (how) => {
    const played = looked({ ramp: RAMP });
    if (how === 'paused') played.sends('pause');
    else played.sends('anomaly', { ...ANOMALY, severity: 'medium' });
    expect(played.sends('setAllocation', { exposedPct: 60 })).toMatch(
      /^refused: exposedPct: 60 is given, expected at most 20 now/u,
    );
    expect(played.sends('setAllocation', { weights: EQUAL })).toMatch(
      /^refused: weights are not changed now/u,
    );
    expect(played.sends('setAllocation', { exposedPct: 5 })).toMatch(/^accepted/u);
    played.untilMs(played.nowMs + 3 * HOUR_MS);
    expect(played.state.periods.map(({ exposedPct }) => exposedPct)).toEqual(how === 'held' ? [20, 5] : [20]);
    played.sends('resume');
    played.untilMs(played.nowMs + 3 * HOUR_MS);
    expect(played.state.periods.at(-1)?.exposedPct).toBe(5);
  });

  it.each(['pause', 'anomaly'] as const)(
    'the ramp does not rise after %s; a step begins anew when somebody resumes',
    (name) => {
      const played = looked({ ramp: RAMP });
      played.sends(name, { ...ANOMALY, severity: 'medium' });
      played.untilMs(played.nowMs + 5 * HOUR_MS);
      expect(played.state.periods).toHaveLength(1);
      played.sends('resume');
      const resumedAtMs = played.nowMs;
      played.until((_, { state }) => state.periods.some(({ exposedPct }) => exposedPct === 50));
      expect(played.nowMs - resumedAtMs).toBeGreaterThanOrEqual(HOUR_MS);
      expect(played.nowMs - resumedAtMs).toBeLessThan(HOUR_MS + 6 * 60_000);
    },
  );

  it('an arm that is called like what objects have is no exception', () => {
    const arms = ['control', 'constructor'].map((id) => ({ id, hash: id, summary: '' }));
    const played = looked({ arms });
    expect(played.sends('setAllocation', { weights: { control: 1 } })).toMatch(/expected the arms/u);
  });
});
