import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { oneSidedMeanEvidence } from '../../../../src/analysis/asymptotic.ts';
import { judgeStep, startEvidence } from '../../../../src/analysis/index.ts';
import type { ArmWindow } from '../../../../src/domain/window.ts';
import {
  all,
  cost,
  costs,
  errorRate,
  healthy,
  latencies,
  latency,
  quality,
  repeat,
  run,
  shares,
  STEPS,
} from './blocks.ts';

const worse = (n: number, q: number): ArmWindow => healthy(n, { quality: shares(n, n * q) });

describe('judgeStep, what each kind of evidence says', () => {
  it('healthy, enough and in both arms: passes, and quotes the comparison', () => {
    const { verdict } = run({ blocks: repeat(8, [healthy(300), healthy(100)] as const) });
    expect(verdict.outcome).toBe('healthy');
    const [q, e, l, c] = verdict.guardrails;
    expect(q!.reason).toMatch(
      /^quality 0\.810 vs 0\.810, a drop of 20 % is ruled out \(log e \d+\.\d of 3\.0\)$/,
    );
    expect(e!.reason).toMatch(/^error rate 0\.50 % vs 0\.50 %, a rise of 4 points is ruled out/);
    expect(l!.reason).toMatch(/^p95 latency \d+ ms vs \d+ ms, a rise of 80 % is ruled out/);
    expect(c!.reason).toMatch(/^cost 0\.002 USD vs 0\.002 USD per request, a rise of 40 % is ruled out/);
    expect(q!).toMatchObject({ proof: 1, labels: { stable: 2400, candidate: 800 }, labelsNeeded: 0 });
    expect(q!.limit).toBeCloseTo(0.81 * 0.8, 10);
    expect(l!.limit).toBeGreaterThanOrEqual(1900 * 1.8);
  });
  it('the same evidence does not pass the sharper proof of the last step', () => {
    const blocks = repeat(3, [healthy(300), healthy(100)] as const);
    expect(run({ blocks, guardrails: [quality] }).verdict.outcome).toBe('healthy');
    const last = run({ blocks, guardrails: [quality], stepIndex: 2 }).verdict;
    expect(last.outcome).toBe('inconclusive');
    expect(last.reason).toMatch(/a drop of 5 % is not ruled out yet/);
  });
  it('a clear drop is harm, and stays harm', () => {
    const { verdict, evidence } = run({ blocks: repeat(10, [worse(300, 0.81), worse(100, 0.6)] as const) });
    expect(verdict.outcome).toBe('harm');
    expect(verdict.reason).toMatch(/^quality 0\.600 vs 0\.810, a drop of 5 % or more is proven \(log e/);
    expect(verdict.guardrails[0]).toMatchObject({ outcome: 'harm', harm: 1 });
    const later = run({ from: evidence, blocks: repeat(20, [healthy(300), healthy(100)] as const) });
    expect(later.verdict.outcome).toBe('harm');
  });
  it.each([
    [
      'errors',
      { error: shares(100, 8) },
      /^error rate 8\.00 % vs 0\.50 %, a rise of 1 point or more is proven/,
    ],
    [
      'slow answers',
      { latencyMs: latencies([800, 70], [4000, 30]) },
      /^p95 latency .* a rise of 20 % or more is proven/,
    ],
  ])('%s are harm too', (_name, change, reason) => {
    const { verdict } = run({ blocks: repeat(20, [healthy(300), healthy(100, change)] as const) });
    expect(verdict.outcome).toBe('harm');
    expect(verdict.reason).toMatch(reason);
  });
  it('an advisory guardrail is shown and never decides', () => {
    const dear = healthy(300, { costUsd: costs(300, 0.004) });
    const { verdict } = run({ blocks: repeat(10, [healthy(300), dear] as const) });
    expect(verdict.guardrails[3]).toMatchObject({ id: 'cost', required: false, outcome: 'harm' });
    expect(verdict.outcome).toBe('healthy');
    const required = [quality, errorRate, latency, { ...cost, required: true }];
    expect(
      run({ guardrails: required, blocks: repeat(10, [healthy(300), dear] as const) }).verdict.outcome,
    ).toBe('harm');
  });
  it('a cheaper candidate passes a required cost guardrail at every weight anew', () => {
    const guardrails = [{ ...cost, required: true }];
    const cheap = healthy(300, { costUsd: costs(300, 0.001) });
    const first = run({ guardrails, blocks: repeat(3, [healthy(300), cheap] as const) });
    expect(first.verdict.outcome).toBe('healthy');
    const next = run({
      guardrails,
      from: first.evidence,
      stepIndex: 1,
      minSamples: 10,
      blocks: [[healthy(50), healthy(50)]],
    });
    expect(next.verdict.outcome).toBe('inconclusive');
  });
  it('what a mean has proven at one weight is not proven at the next, also on the same rung of the ladder', () => {
    const guardrails = [{ ...cost, required: true }];
    const steps = [1, 5, 20, 40, 100];
    const cheap = healthy(300, { costUsd: costs(300, 0.001) });
    const blocks = repeat(3, [healthy(300), cheap] as const);
    const second = run({ guardrails, steps, stepIndex: 1, blocks });
    expect(second.verdict.outcome).toBe('healthy');
    const third = run({
      guardrails,
      steps,
      from: second.evidence,
      stepIndex: 2,
      minSamples: 10,
      blocks: [[healthy(50), healthy(50)]],
    });
    expect(third.verdict.outcome).toBe('inconclusive');
  });
  it('a mean spends its error over the steps: proof at three steps takes ln 3 more', () => {
    const guardrails = [{ ...cost, required: true }];
    const arm = (n: number) => healthy(n, { costUsd: costs(n, 0.00195) });
    const needed = Math.log(20) + Math.log(3);
    const found = Array.from({ length: 60 }, (_, i) => {
      const { evidence } = run({
        guardrails,
        stepIndex: 2,
        blocks: [[healthy(100 + 20 * i), arm(100 + 20 * i)]],
      });
      const kept = evidence.guardrails[0]!;
      if (kept.kind !== 'mean') throw new Error('the cost guardrail is a mean');
      const weighed = oneSidedMeanEvidence(kept.moments.stable, kept.moments.candidate, {
        alpha: 0.05 / 3,
        nOpt: 2000,
        factor: 1.1,
        side: 'less',
      });
      return { logE: weighed.ok ? weighed.value : 0, proven: kept.proven !== null };
    });
    expect(found.map((f) => f.proven)).toEqual(found.map((f) => f.logE >= needed));
    expect(found.some((f) => f.logE > Math.log(20) && f.logE < needed)).toBe(true);
    expect(found.some((f) => f.proven)).toBe(true);
  });
});

describe('judgeStep, what never leads to promotion', () => {
  const enough = repeat(8, [healthy(300), healthy(100)] as const);

  it('no evidence at all', () => {
    const context = { guardrails: all, steps: STEPS, stepIndex: 0, minSamples: 200 };
    const verdict = judgeStep(startEvidence(all, STEPS), context);
    expect(verdict.outcome).toBe('noData');
    expect(verdict.reason).toMatch(/no label of the candidate at this step yet/);
  });
  it('one arm only', () => {
    expect(run({ blocks: repeat(20, [healthy(300), {}] as const) }).verdict.outcome).toBe('noData');
    expect(run({ blocks: repeat(20, [{}, healthy(300)] as const) }).verdict.outcome).toBe('noData');
  });
  it('one metric that arrives from one arm only', () => {
    const { quality: _absent, ...unlabelled } = healthy(100);
    const { verdict } = run({ blocks: repeat(8, [healthy(300), unlabelled] as const) });
    expect(verdict).toMatchObject({ outcome: 'noData', reason: expect.stringMatching(/^quality: no label/) });
  });
  it('too few labels at this step, whatever earlier steps proved', () => {
    const { evidence } = run({ blocks: enough });
    const { verdict } = run({ from: evidence, stepIndex: 1, blocks: [[healthy(900), healthy(150)]] });
    expect(verdict.outcome).toBe('inconclusive');
    expect(verdict.reason).toMatch(/150 of 200 candidate labels at this step/);
    const fewStable = run({ from: evidence, stepIndex: 1, blocks: [[healthy(150), healthy(900)]] }).verdict;
    expect(fewStable.outcome).toBe('inconclusive');
    expect(fewStable.reason).toMatch(/150 of 200 stable labels at this step/);
    const unfolded = judgeStep(evidence, { guardrails: all, steps: STEPS, stepIndex: 1, minSamples: 0 });
    expect(unfolded.outcome).toBe('noData');
  });
  it('stale evidence', () => {
    const { evidence } = run({ blocks: enough });
    const context = { guardrails: all, steps: STEPS, stepIndex: 0, minSamples: 200 };
    expect(judgeStep(evidence, { ...context, freshFromBlockNo: 8 }).outcome).toBe('healthy');
    expect(judgeStep(evidence, { ...context, freshFromBlockNo: 9 })).toMatchObject({
      outcome: 'noData',
      reason: 'stale: block 9 or later is needed, the last is block 8',
    });
  });
  it('no frozen p95 where latency is required', () => {
    const guardrails = [quality, { ...latency, frozen: null }];
    expect(run({ guardrails, blocks: enough }).verdict).toMatchObject({
      outcome: 'noData',
      reason: 'p95 latency: no p95 was frozen before the start',
    });
  });
  it('a guardrail that no evidence was kept for', () => {
    const { evidence } = run({ guardrails: [quality], blocks: enough });
    const verdict = judgeStep(evidence, { guardrails: all, steps: STEPS, stepIndex: 0, minSamples: 200 });
    expect(verdict.outcome).toBe('noData');
  });
  it('no required guardrail, no control arm, or a step that does not exist', () => {
    expect(run({ guardrails: [cost], blocks: enough }).verdict.outcome).toBe('inconclusive');
    expect(run({ stepIndex: 3, blocks: enough }).verdict.reason).toMatch(/at 100 % there is no control arm/);
    const { evidence } = run({ blocks: enough });
    const context = { guardrails: all, steps: STEPS, stepIndex: 4, minSamples: 0 };
    expect(() => judgeStep(evidence, context)).toThrow(
      /^stepIndex must be below the number of steps \(4\), got 4$/,
    );
  });
  it('a cost without any variance', () => {
    const flat = healthy(300, { costUsd: { ...costs(300, 0.002), sumOfSquares: 300 * 0.002 ** 2 } });
    const guardrails = [{ ...cost, required: true }];
    expect(run({ guardrails, blocks: repeat(5, [flat, flat] as const) }).verdict.outcome).toBe(
      'inconclusive',
    );
  });
});

describe('judgeStep, both arms hurt', () => {
  const outage = repeat(10, [worse(300, 0.6), worse(100, 0.6)] as const);
  const baseline = { quality: 0.81, errorRate: 0.005 };

  it('a common fall below the frozen baseline holds, and is not the candidate’s fault', () => {
    const { verdict } = run({ baseline, blocks: outage });
    expect(verdict.outcome).toBe('bothHurt');
    expect(verdict.reason).toMatch(
      /stable arm's own quality is proven beyond 0\.770 \(frozen 0\.810, a drop of 5 %\)/,
    );
    expect(run({ blocks: outage }).verdict.outcome).not.toBe('bothHurt');
  });
  it('a guardrail that is only advisory holds nothing', () => {
    const guardrails = [{ ...quality, required: false }, errorRate, latency];
    expect(run({ guardrails, baseline, blocks: outage }).verdict.outcome).toBe('healthy');
  });
  it('errors in both arms are seen likewise', () => {
    const failing = (n: number) => healthy(n, { error: shares(n, n * 0.2) });
    expect(run({ baseline, blocks: repeat(10, [failing(300), failing(100)] as const) }).verdict.outcome).toBe(
      'bothHurt',
    );
  });
  it('a candidate that falls further is harm all the same', () => {
    const blocks = repeat(10, [worse(300, 0.7), worse(100, 0.4)] as const);
    expect(run({ baseline, blocks }).verdict.outcome).toBe('harm');
  });
  it('a late outage is seen at every look while it lasts, and over some time after it ended', () => {
    const before = run({ baseline, blocks: repeat(40, [healthy(300), healthy(100)] as const) });
    expect(before.verdict.outcome).toBe('healthy');
    let evidence = before.evidence;
    const outcomes: string[] = [];
    for (let i = 0; i < 40; i++) {
      const next = run({ from: evidence, baseline, blocks: [[worse(300, 0.65), worse(100, 0.65)]] });
      evidence = next.evidence;
      outcomes.push(next.verdict.outcome);
    }
    const from = outcomes.indexOf('bothHurt');
    expect(from).toBeGreaterThanOrEqual(0);
    expect(from).toBeLessThan(15);
    expect(new Set(outcomes.slice(from))).toEqual(new Set(['bothHurt']));
    const after = run({
      from: evidence,
      baseline,
      blocks: repeat(15, [healthy(300), healthy(100)] as const),
    });
    expect(after.verdict.outcome).toBe('healthy');
  });
});

describe('judgeStep, in general', () => {
  it('never throws and is healthy only with enough labels in both arms, whatever was folded', () => {
    const arm = fc
      .tuple(fc.integer({ min: 0, max: 300 }), fc.double({ min: 0, max: 1, noNaN: true }))
      .map(([n, q]): ArmWindow => (n === 0 ? {} : healthy(n, { quality: shares(n, n * q) })));
    const blocks = fc.array(fc.tuple(arm, arm), { maxLength: 8 });
    fc.assert(
      fc.property(blocks, fc.nat(3), fc.nat(400), (pairs, stepIndex, minSamples) => {
        const { evidence } = run({ blocks: pairs });
        const verdict = judgeStep(evidence, { guardrails: all, steps: STEPS, stepIndex, minSamples });
        expect(verdict.reason.length).toBeGreaterThan(0);
        for (const g of verdict.guardrails) {
          expect(g.proof >= 0 && g.proof <= 1 && g.harm >= 0 && g.harm <= 1).toBe(true);
          expect(JSON.parse(JSON.stringify(g))).toEqual(g);
        }
        const needed = Math.max(1, minSamples);
        const enough = verdict.guardrails
          .filter((g) => g.required)
          .every((g) => Math.min(g.labels.stable, g.labels.candidate) >= needed && g.outcome === 'pass');
        expect(verdict.outcome === 'healthy' && !enough).toBe(false);
      }),
      { seed: 41, numRuns: 100 },
    );
  });
  it('swapping the arms of a harmful candidate gives one that is not harmful', () => {
    const blocks = repeat(10, [worse(200, 0.81), worse(200, 0.6)] as const);
    const swapped = blocks.map(([a, b]) => [b, a] as const);
    expect(run({ blocks }).verdict.outcome).toBe('harm');
    expect(run({ blocks: swapped }).verdict.outcome).toBe('healthy');
  });
  it('labels needed fall as evidence grows, and are not told for a candidate beyond its limit', () => {
    const last = { guardrails: [quality], stepIndex: 2, steps: STEPS };
    const after = (n: number) =>
      run({ ...last, blocks: repeat(n, [healthy(100), healthy(100)] as const) }).verdict.guardrails[0]!;
    const [early, later] = [after(3).labelsNeeded!, after(8).labelsNeeded!];
    expect(early).toBeGreaterThan(200);
    expect(later).toBeLessThan(early);
    expect(after(60).labelsNeeded).toBe(0);
    const beyond = run({ ...last, blocks: repeat(3, [worse(100, 0.81), worse(100, 0.75)] as const) });
    expect(beyond.verdict.guardrails[0]!.labelsNeeded).toBeNull();
  });
});
