import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { liveRollout, plainRollout, planOf, type RolloutView } from '../../../src/cli/rollout-view.ts';
import type { GuardrailVerdict, StepVerdict } from '../../../src/domain/guardrail.ts';
import { admitted, ADMITTED_AT_MS, SHADOW_PLAN, testPlan, testVerdict } from '../../support/rollout.ts';

const NOW = ADMITTED_AT_MS;

/** A rollout at its second step, which soaks for 42 seconds more. */
const { gates: _gates, ...before } = admitted({ summary: 'model a -> b' });
const soaking = (verdict: StepVerdict | null, different: Partial<RolloutView> = {}): RolloutView => ({
  ...before,
  phase: 'soaking',
  stepIndex: 1,
  weightPct: 25,
  soakEndsAtMs: NOW + 41_200,
  verdict,
  ...different,
});

const guardrail = (id: GuardrailVerdict['id'], different: Partial<GuardrailVerdict>): GuardrailVerdict => ({
  id,
  required: true,
  outcome: 'inconclusive',
  reason: `${id} as the test says`,
  observed: { stable: 0.8, candidate: 0.8 },
  limit: 0.76,
  proof: 0.5,
  harm: 0,
  labels: { stable: 430, candidate: 143 },
  labelsNeeded: 0,
  ...different,
});

const verdictOf = (...guardrails: readonly GuardrailVerdict[]): StepVerdict => ({
  outcome: 'inconclusive',
  reason: '',
  guardrails,
});

const live = (view: RolloutView) => liveRollout(view, NOW).map(stripVTControlCharacters);

describe('planOf', () => {
  it('says steps, labels needed, labels that arrive, and how long that takes in whole seconds', () => {
    const labels = { needed: 12_345, perHour: 240_000, expectedMs: 185_175 };
    expect(planOf({ plan: testPlan({ labels }) })).toBe(
      'Plan: 5 % > 25 % > 50 % > 100 %; about 12,345 labelled requests, 240,000 an hour arrive: some 186s.',
    );
  });

  it('says so when it cannot be told', () => {
    const labels = { needed: null, perHour: 240_000, expectedMs: null };
    expect(planOf({ plan: testPlan({ labels, steps: [100] }) })).toBe(
      'Plan: 100 %; how many labels it takes cannot be told yet.',
    );
  });
});

describe('a shadow', () => {
  const shadow = admitted({ shadow: SHADOW_PLAN, summary: 'model a -> b' });
  const { gates: _none, ...view } = shadow;

  it('says how far it is in pairs, by the plan until its own growth tells', () => {
    expect(plainRollout(view, NOW)).toBe('  shadow of 20 % of the requests: being set');
    const early = guardrail('quality', { labels: { stable: 143, candidate: 143 }, labelsNeeded: null });
    expect(plainRollout({ ...view, verdict: verdictOf(early) }, NOW)).toContain('143 of about 400 pairs');
    const later = { ...early, labelsNeeded: 1_000 };
    expect(plainRollout({ ...view, verdict: verdictOf(later) }, NOW)).toContain('143 of about 1,143 pairs');
    const proven = { ...early, outcome: 'pass' as const, labelsNeeded: 0 };
    expect(plainRollout({ ...view, verdict: verdictOf(proven) }, NOW)).toMatch(
      /: 143 pairs; evidence quality 100 %$/u,
    );
  });

  it('shows each guardrail below it', () => {
    const lines = live({ ...view, verdict: verdictOf(guardrail('quality', {})) });
    expect(lines[1]).toContain('shadow of 20 % of the requests: 143 pairs');
    expect(lines[2]).toMatch(/quality +#{10}\.{10} quality as the test says/u);
  });
});

describe('plainRollout', () => {
  it('says the phase before the first look', () => {
    const applying = soaking(null, { phase: 'applying', weightPct: 5, stepIndex: 0, soakEndsAtMs: null });
    expect(plainRollout(applying, NOW)).toBe('  step 1/4 at 5 %: applying, first look to come');
  });

  it('says labels of about how many, the soak, and the required guardrail that is furthest behind', () => {
    const view = soaking(
      verdictOf(
        guardrail('quality', { proof: 0.6, labelsNeeded: 2_257 }),
        guardrail('errorRate', { proof: 0.4, labelsNeeded: 900 }),
        guardrail('latencyP95', { outcome: 'pass', proof: 1, labelsNeeded: null }),
        guardrail('cost', { required: false, proof: 0.1, labelsNeeded: 9_000 }),
      ),
    );
    expect(plainRollout(view, NOW)).toBe(
      '  step 2/4 at 25 %: 143 of about 2400 labels of the candidate, soak ends in 42 s; evidence quality 60 %, errorRate 40 %, latencyP95 100 %, cost 10 %; errorRate as the test says',
    );
  });

  it('says what the clock of the step waits for', () => {
    const reason = '25 % was written, 5.1 % of 812 requests since went to the candidate';
    const gates = [{ id: 'share', outcome: 'waiting', reason, observed: 5.1, limit: 25 }] as const;
    const view = (soakEndsAtMs: number | null) => soaking(testVerdict('healthy'), { gates, soakEndsAtMs });
    expect(plainRollout(view(null), NOW)).toContain(`soak not begun: ${reason}; evidence`);
    expect(plainRollout(view(NOW), NOW)).toContain(`soaked, waiting: ${reason}; evidence`);
  });

  it('puts harm before what is furthest behind', () => {
    const view = soaking(
      verdictOf(guardrail('quality', { outcome: 'harm', harm: 1 }), guardrail('errorRate', { proof: 0 })),
    );
    expect(plainRollout(view, NOW)).toMatch(/; quality as the test says$/u);
  });

  it('names no guardrail when all have passed, and says when the soak is over', () => {
    const view = soaking(testVerdict('healthy'), { soakEndsAtMs: NOW });
    expect(plainRollout(view, NOW)).toBe(
      '  step 2/4 at 25 %: 300 labels of the candidate, soaked; evidence quality 100 %, cost 50 %',
    );
  });
});

describe('liveRollout', () => {
  it('shows change, steps and phase before the first look', () => {
    expect(live(soaking(null))).toEqual([
      '  model a -> b',
      '  step 2 of 4 (5 % > 25 % > 50 % > 100 %), soaking, soak ends in 42 s',
      '  first look to come',
    ]);
  });

  it('shows who stopped it and why; a pause before a hold', () => {
    const held = { by: 'sentinel', reason: 'anomaly' };
    expect(live(soaking(null, { held }))).toContain('  stopped by sentinel: anomaly');
    const paused = { by: 'ann', reason: 'lunch' };
    expect(live(soaking(null, { held, paused }))).toContain('  stopped by ann: lunch');
  });

  it("shows each guardrail's evidence as a bar of twenty: proof, or harm once it is proven", () => {
    const lines = live(
      soaking(
        verdictOf(
          guardrail('quality', { proof: 0.5 }),
          guardrail('errorRate', { outcome: 'harm', proof: 0.1, harm: 1.7 }),
          guardrail('cost', { required: false, proof: -1 }),
        ),
      ),
    );
    expect(lines.slice(3)).toEqual([
      '  quality          ##########.......... quality as the test says',
      '  errorRate        #################### errorRate as the test says',
      '  cost (advisory)  .................... cost as the test says',
    ]);
  });
});
