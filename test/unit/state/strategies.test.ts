/** What differs between canary, blue-green and immediate in the state: when they ask, when a step is left, and what a promotion says. */
import { describe, expect, it } from 'vitest';
import {
  nextRolloutAction,
  receiveMessage,
  reduceRollout,
  replacementInput,
  rolloutNotices,
  type RolloutPlan,
  type RolloutState,
} from '../../../src/state/rollout/index.ts';
import { admitted, ADMITTED_AT_MS, MINUTE_MS, testLook } from '../../support/rollout.ts';

const T0 = ADMITTED_AT_MS;
const ANN = { by: 'ann', reason: 'release day' };
const IMMEDIATE: Partial<RolloutPlan> = { strategy: 'immediate', steps: [100], soakMs: 0 };
const SWITCH: Partial<RolloutPlan> = { strategy: 'blueGreen', steps: [100] };

const set = (state: RolloutState): RolloutState =>
  reduceRollout(state, {
    kind: 'weightSet',
    atMs: T0,
    weightPct: state.plan.steps[state.stepIndex] ?? 0,
    leaseExpiresAtMs: T0 + MINUTE_MS,
  });
const look = (state: RolloutState, minute: number, outcome: Parameters<typeof testLook>[2]): RolloutState =>
  reduceRollout(state, { kind: 'looked', look: testLook(state, T0 + minute * MINUTE_MS, outcome) });
const end = (state: RolloutState): RolloutState => reduceRollout(state, { kind: 'promoted', atMs: T0 });

describe('before the start', () => {
  it.each<[string, Partial<RolloutPlan>, RolloutPlan['approval'], string]>([
    ['canary', {}, 'beforeLast', 'applying'],
    ['canary with one step', { strategy: 'canary', steps: [100] }, 'beforeLast', 'awaitingApproval'],
    ['a plan of before there were strategies', { steps: [100] }, 'beforeLast', 'applying'],
    ['blueGreen', SWITCH, 'beforeLast', 'awaitingApproval'],
    ['blueGreen', SWITCH, 'none', 'applying'],
    ['blueGreen', SWITCH, 'perStep', 'awaitingApproval'],
    ['immediate', IMMEDIATE, 'beforeLast', 'awaitingApproval'],
    ['immediate', IMMEDIATE, 'beforeStart', 'awaitingApproval'],
    ['immediate', IMMEDIATE, 'none', 'applying'],
  ])('%s %j with approval %s begins %s', (_name, plan, approval, phase) => {
    expect(admitted({ ...plan, approval }).phase).toBe(phase);
  });
});

describe('blueGreen', () => {
  it('is switched whole, soaks, and is promoted by a healthy look after it', () => {
    const start = admitted(SWITCH);
    expect(nextRolloutAction(start, T0)).toEqual({ kind: 'setWeight', weightPct: 100 });
    const soaking = set(start);
    expect(look(soaking, 14, 'healthy').phase).toBe('soaking');
    expect(look(soaking, 15, 'healthy').phase).toBe('promoting');
    expect(look(soaking, 1, 'harm')).toMatchObject({ phase: 'rollingBack', ending: { by: 'optimizer' } });
  });

  it.each<[Partial<RolloutPlan>, string]>([
    [
      { restsOn: { decisionId: 'shadow/1', hash: 'h', atMs: 1 } },
      'no absolute limit was broken at 100 %; it rests on the shadow decision shadow/1',
    ],
    [{ forced: true }, 'no absolute limit was broken at 100 %; forced, compared with nothing'],
  ])('%j: its promotion tells what it rests on', (plan, why) => {
    const ended = end(look(set(admitted({ ...SWITCH, ...plan })), 15, 'healthy'));
    expect(ended.log.at(-1)).toMatchObject({ what: 'promoted', why });
  });
});

describe('immediate', () => {
  it('is promoted as soon as it is served, and tells that nothing was judged', () => {
    const served = set(admitted(IMMEDIATE));
    expect(served).toMatchObject({ phase: 'promoting', weightPct: 100, looks: 0 });
    expect(nextRolloutAction(served, T0)).toEqual({ kind: 'promote' });
    const ended = end(served);
    expect(ended).toMatchObject({ outcome: 'promoted' });
    expect(rolloutNotices(served, ended)).toEqual([
      { kind: 'promoted', by: 'ann', reason: 'at once, by ann, judged by nothing: cheaper', sinceMs: T0 },
    ]);
  });

  it('paused before it was served: is served and looked at, and promoted after resume, whatever the look says but harm', () => {
    const paused = receiveMessage(admitted(IMMEDIATE), { name: 'pause', ...ANN }, T0).state;
    // A weight that was already on its way when the pause came.
    const served = set(paused);
    expect(served.phase).toBe('soaking');
    const looked = look(served, 1, 'healthy');
    expect(looked.phase).toBe('soaking');
    const resumed = receiveMessage(looked, { name: 'resume', by: 'ann' }, T0).state;
    expect(look(resumed, 2, 'noData').phase).toBe('promoting');
    expect(look(resumed, 2, 'harm').phase).toBe('rollingBack');
  });

  it('a severe anomaly before it was served holds it, a critical one takes it back', () => {
    const message = {
      name: 'anomaly',
      by: 'sentinel',
      anomalyType: 'x',
      security: false,
      affectedServices: [],
    } as const;
    const high = receiveMessage(admitted(IMMEDIATE), { ...message, severity: 'high' }, T0).state;
    expect(set(high).phase).toBe('soaking');
    const critical = receiveMessage(set(admitted(IMMEDIATE)), { ...message, severity: 'critical' }, T0).state;
    expect(critical.phase).toBe('rollingBack');
  });
});

describe('a step that has ended', () => {
  const seen = (decisionId?: string) => {
    const soaking = set(admitted({ steps: [50, 100] }));
    const found = { ...testLook(soaking, T0 + MINUTE_MS, 'healthy'), ...(decisionId && { decisionId }) };
    return reduceRollout(soaking, { kind: 'looked', look: found });
  };

  it('names the decision of the look at which it was left', () => {
    const soaking = set(admitted({ steps: [50, 100] }));
    const found = { ...testLook(soaking, T0 + 15 * MINUTE_MS, 'healthy'), decisionId: 'd/1' };
    const [step] = reduceRollout(soaking, { kind: 'looked', look: found }).steps;
    expect(step).toMatchObject({ endedAtMs: found.atMs, evidenceHash: 'evidence-1', decisionId: 'd/1' });
  });

  it('names none when newer evidence was not recorded, and says when it was left by hand', () => {
    const later = look(seen('d/1'), 2, 'healthy');
    const { state } = receiveMessage(later, { name: 'promote', ...ANN }, T0);
    expect(state.steps[0]).toMatchObject({
      evidenceHash: 'evidence-2',
      decisionId: null,
      leftByHand: true,
    });
    const promoted = end(look({ ...set(state), soakEndsAtMs: T0 }, 3, 'healthy'));
    expect(promoted.log.at(-1)?.why).toBe('left by hand at 50 %; the other steps were proven');
  });

  it('does not take the decision of the step before for its own', () => {
    const next = set(receiveMessage(seen('d/1'), { name: 'promote', ...ANN }, T0).state);
    expect(next.steps[0]?.decisionId).toBe('d/1');
    const back = receiveMessage(next, { name: 'rollback', ...ANN }, T0).state;
    expect(back.steps[1]).toMatchObject({ evidenceHash: 'evidence-1', decisionId: null });
  });
});

describe('what replaces a rollout', () => {
  const TYPED = {
    serviceId: 'support-bot',
    change: { model: 'b' },
    steps: [50, 100],
    soak: '1m',
    force: true,
    onConflict: 'supersede',
    by: 'bob',
    reason: 'why not',
  };
  const replaced = (message: object, plan: Partial<RolloutPlan> = {}): RolloutState => {
    const given = { name: 'replace', by: 'ann', change: { model: 'c' }, ...message } as const;
    return receiveMessage(admitted(plan), given, T0).state;
  };

  it('keeps steps and soak, but neither force nor who asked for what', () => {
    expect(replacementInput(replaced({}), TYPED)).toEqual({
      serviceId: 'support-bot',
      change: { model: 'c' },
      steps: [50, 100],
      soak: '1m',
      by: 'ann',
      reason: 'replaced by another change',
    });
  });

  it('is done as its message says, and by whom it says', () => {
    const input = { strategy: 'blueGreen', force: true, by: 'eve', serviceId: 'other' };
    expect(replacementInput(replaced({ reason: 'a fix', input }), TYPED)).toEqual({
      serviceId: 'support-bot',
      change: { model: 'c' },
      strategy: 'blueGreen',
      force: true,
      by: 'ann',
      reason: 'a fix',
    });
  });

  it('is not immediate because the one before was', () => {
    const state = replaced({}, IMMEDIATE);
    expect(replacementInput(state, { ...TYPED, strategy: 'immediate' })).toEqual({
      serviceId: 'support-bot',
      change: { model: 'c' },
      by: 'ann',
    });
  });

  it('is nothing when the rollout was taken back for another reason first', () => {
    const back = receiveMessage(admitted(), { name: 'rollback', ...ANN }, T0).state;
    expect(receiveMessage(back, { name: 'replace', by: 'bob', change: {} }, T0).answer.accepted).toBe(false);
    expect(replacementInput(back, TYPED)).toBeNull();
  });
});
