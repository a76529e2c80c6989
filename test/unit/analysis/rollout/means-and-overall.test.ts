import { describe, expect, it } from 'vitest';
import {
  foldBlock,
  judgeAbsolute,
  judgeStep,
  momentsOf,
  startEvidence,
} from '../../../../src/analysis/index.ts';
import { overallOf } from '../../../../src/analysis/rollout/overall.ts';
import type { GuardrailVerdict } from '../../../../src/domain/guardrail.ts';
import { block, cost, costs, healthy, quality, repeat, run, STEPS } from './blocks.ts';

const required = [{ ...cost, required: true }];
const pair = (n: number, mean: number) => [healthy(n), healthy(n, { costUsd: costs(n, mean) })] as const;

describe('a mean, told before it is proven', () => {
  const after = (times: number, mean = 0.0021) =>
    run({ guardrails: required, stepIndex: 2, blocks: repeat(times, pair(60, mean)) }).verdict.guardrails[0]!;

  it('shows how far the proof is and about how many labels it takes', () => {
    const [early, later, proven] = [after(4), after(10), after(80)];
    expect(early.outcome).toBe('inconclusive');
    expect(early.proof).toBeGreaterThan(0);
    expect(later.proof).toBeGreaterThan(early.proof);
    expect(later.proof).toBeLessThan(1);
    expect(early.labelsNeeded!).toBeGreaterThan(later.labelsNeeded!);
    expect(proven).toMatchObject({ outcome: 'pass', proof: 1, labelsNeeded: 0, unit: 'usd' });
    const left = later.labelsNeeded!;
    const passing = Array.from({ length: 80 }, (_, i) => i + 1).find((i) => after(i).outcome === 'pass')!;
    expect(Math.abs(passing * 60 - (600 + left))).toBeLessThan(0.2 * (600 + left));
  });
  it('is proven by the present look only: what was proven is taken back by higher costs later', () => {
    const { evidence } = run({ guardrails: required, stepIndex: 2, blocks: repeat(80, pair(60, 0.0021)) });
    const later = run({ guardrails: required, stepIndex: 2, from: evidence, blocks: [pair(2000, 0.0024)] });
    const [found] = later.verdict.guardrails;
    expect(found!.outcome).toBe('inconclusive');
    expect(found!.labelsNeeded).toBeGreaterThan(0);
    expect(found!.proof).toBeLessThan(1);
  });
  it('is not proven before both arms have the labels asked for at this weight', () => {
    const at = (minSamples: number) =>
      run({ guardrails: required, stepIndex: 0, minSamples, blocks: repeat(10, pair(60, 0.002)) }).verdict;
    expect(at(600).guardrails[0]).toMatchObject({ outcome: 'pass', labelsNeeded: 0 });
    expect(at(900).guardrails[0]).toMatchObject({ outcome: 'inconclusive', labelsNeeded: 300 });
    const { evidence } = run({ guardrails: required, blocks: repeat(10, pair(60, 0.002)) });
    const context = { guardrails: required, stepIndex: 0, weightPct: 4 };
    const turned = foldBlock(evidence, block(99, ...pair(120, 0.002)), context);
    const question = { guardrails: required, steps: STEPS, stepIndex: 0, minSamples: 400 };
    const [found] = judgeStep(turned, question).guardrails;
    expect(found).toMatchObject({ outcome: 'inconclusive', labelsNeeded: 280 });
    expect(found!.reason).toMatch(/120 of 400 candidate labels at this weight$/);
    expect(found!.proof).toBeLessThan(1);
  });
  it('cannot tell for one beyond its limit, and says why within the burn-in', () => {
    expect(after(10, 0.0023).labelsNeeded).toBeNull();
    const few = run({ guardrails: required, stepIndex: 2, minSamples: 10, blocks: [pair(60, 0.0021)] });
    expect(few.verdict.reason).toMatch(/fewer than 100 observations in an arm$/);
  });
  it('shows how near harm is', () => {
    const dear = after(4, 0.0024);
    expect(dear.harm).toBeGreaterThan(0);
    expect(dear.harm).toBeLessThan(1);
    expect(after(3, 0.0021).harm).toBe(0);
    expect(after(80, 0.0026)).toMatchObject({ outcome: 'harm', harm: 1 });
  });
  it('that has proven harm takes the change back at 100 % too', () => {
    const { evidence } = run({ guardrails: required, stepIndex: 2, blocks: repeat(80, pair(60, 0.003)) });
    const context = { guardrails: required, constraints: {}, stepIndex: 3, minSamples: 200 };
    expect(judgeAbsolute(evidence, context)).toMatchObject({
      outcome: 'harm',
      decidedBy: 'cost',
      reason: expect.stringMatching(/^cost: labels of earlier steps prove harm/),
    });
    const fresh = startEvidence(required, STEPS);
    expect(judgeAbsolute(fresh, context).outcome).toBe('noData');
  });
});

describe('constants', () => {
  it('have no variance, whatever rounding their sums carry', () => {
    const leftovers = [0.0021, 0.0017, 0.0031, 0.0013, 0.0029, 0.0007].map((value) => {
      const sums = { sum: 0, squares: 0 };
      for (let i = 0; i < 3000; i++) {
        sums.sum += value;
        sums.squares += value * value;
      }
      expect(momentsOf(3000, sums.sum, sums.squares).m2).toBe(0);
      return sums.squares - (sums.sum * sums.sum) / 3000;
    });
    expect(Math.max(...leftovers)).toBeGreaterThan(0);
    expect(momentsOf(2, 3, 5)).toEqual({ n: 2, mean: 1.5, m2: 0.5 });
  });
});

const verdict = (change: Partial<GuardrailVerdict>): GuardrailVerdict => ({
  id: 'quality',
  required: true,
  outcome: 'inconclusive',
  reason: change.id ?? 'quality',
  observed: { stable: 0.8, candidate: 0.8 },
  limit: 0.76,
  proof: 0.5,
  harm: 0,
  labels: { stable: 300, candidate: 300 },
  labelsNeeded: 0,
  ...change,
});

describe('overallOf', () => {
  it('quotes the least proven of those that hold, and asks for the most labels', () => {
    const found = overallOf([
      verdict({ id: 'quality', proof: 0.9, labelsNeeded: 40 }),
      verdict({ id: 'errorRate', proof: 0.2, labelsNeeded: 900, limit: 0.015 }),
      verdict({ id: 'latencyP95', outcome: 'pass', proof: 1, labelsNeeded: 0 }),
      verdict({ id: 'cost', required: false, proof: 0, labelsNeeded: null }),
    ]);
    expect(found).toMatchObject({
      outcome: 'inconclusive',
      decidedBy: 'errorRate',
      reason: 'errorRate',
      limit: 0.015,
      labelsNeeded: 900,
    });
  });
  it('puts harm before missing data before missing proof, whatever their order', () => {
    const [pass, open, none, harm] = [
      verdict({ id: 'cost', outcome: 'pass' }),
      verdict({ id: 'latencyP95', proof: 0 }),
      verdict({ id: 'errorRate', outcome: 'noData', labelsNeeded: null }),
      verdict({ id: 'quality', outcome: 'harm' }),
    ];
    expect(overallOf([pass, open, none, harm])).toMatchObject({ outcome: 'harm', decidedBy: 'quality' });
    expect(overallOf([pass, open, none])).toMatchObject({ outcome: 'noData', decidedBy: 'errorRate' });
    expect(overallOf([none, open, pass]).labelsNeeded).toBeNull();
    expect(overallOf([pass, open])).toMatchObject({ outcome: 'inconclusive', decidedBy: 'latencyP95' });
    expect(overallOf([pass])).toMatchObject({ outcome: 'healthy', decidedBy: 'cost' });
  });
  it('decides nothing without a required guardrail, and by both arms before a stale or open one', () => {
    const none = overallOf([verdict({ required: false, outcome: 'harm' })]);
    expect(none).toMatchObject({ outcome: 'inconclusive', decidedBy: null, limit: null, labelsNeeded: null });
    expect(none.observed).toEqual({ stable: null, candidate: null });
    const held = { bothHurt: 'both fell', stale: 'old' };
    expect(overallOf([verdict({})], held)).toMatchObject({ outcome: 'bothHurt', decidedBy: null });
    expect(overallOf([verdict({ outcome: 'pass' })], { stale: 'old' })).toMatchObject({
      outcome: 'noData',
      reason: 'old',
    });
    expect(overallOf([verdict({ outcome: 'harm' })], held).outcome).toBe('harm');
  });
});

describe('the quality guardrail', () => {
  it('lends its numbers to the look that it decides', () => {
    const { verdict: found } = run({ guardrails: [quality], blocks: repeat(8, pair(100, 0.002)) });
    expect(found).toMatchObject({
      decidedBy: 'quality',
      observed: { stable: expect.closeTo(0.81, 9), candidate: expect.closeTo(0.81, 9) },
      limit: expect.closeTo(0.81 * 0.8, 9),
    });
  });
});
