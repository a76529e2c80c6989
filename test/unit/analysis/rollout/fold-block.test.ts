import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  foldBlock,
  foldLate,
  judgeStep,
  startEvidence,
  type RolloutEvidence,
} from '../../../../src/analysis/index.ts';
import type { ArmWindow } from '../../../../src/domain/window.ts';
import {
  all,
  block,
  cost,
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

const context = { guardrails: all, stepIndex: 0, weightPct: 5 };
const start = (): RolloutEvidence => startEvidence(all, STEPS);

const arm: fc.Arbitrary<ArmWindow> = fc
  .record({
    n: fc.integer({ min: 0, max: 400 }),
    q: fc.double({ min: 0, max: 1, noNaN: true }),
    slow: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ n, q, slow }) =>
    n === 0
      ? {}
      : healthy(n, {
          quality: shares(n, n * q),
          latencyMs: latencies([500, n - Math.floor(n * slow)], [2500, Math.floor(n * slow)]),
        }),
  );

describe('startEvidence', () => {
  it('is plain JSON of a few kilobytes, also after long use', () => {
    const { evidence } = run({ blocks: repeat(50, [healthy(950), healthy(50)] as const) });
    expect(JSON.parse(JSON.stringify(evidence))).toEqual(evidence);
    expect(JSON.stringify(evidence).length).toBeLessThan(6000);
  });
  it('puts a proof of 4, 2 and 1 margins on the steps below 100', () => {
    expect(start().ladder).toEqual([4, 2, 1]);
    expect(startEvidence(all, [10, 50, 100]).ladder).toEqual([4, 1]);
    expect(startEvidence(all, [20, 100]).ladder).toEqual([1]);
    expect(startEvidence(all, [1, 5, 20, 40, 60]).ladder).toEqual([4, 2, 2, 2, 1]);
    expect(startEvidence(all, [100]).ladder).toEqual([]);
  });
  it.each([
    [[], /^steps/],
    [[50, 25], /^steps/],
    [[0, 100], /^steps/],
    [[5, 101], /^steps/],
    [[Number.NaN], /^steps/],
  ])('refuses the steps %j', (steps, message) => {
    expect(() => startEvidence(all, steps)).toThrow(message);
  });
  it('names the guardrail field that cannot be', () => {
    const cases = [
      [{ ...quality, margin: { kind: 'relative' as const, pct: 0 } }, /^guardrails\.quality\.margin\.pct/],
      [
        { ...errorRate, margin: { kind: 'absolute' as const, points: 100 } },
        /^guardrails\.errorRate\.margin\.points/,
      ],
      [{ ...cost, margin: { kind: 'absolute' as const, points: 1 } }, /^guardrails\.cost\.margin/],
      [{ ...latency, direction: 'increase' as const }, /^guardrails\.latencyP95/],
      [{ ...latency, frozen: -1 }, /^guardrails\.latencyP95\.frozen/],
    ] as const;
    for (const [spec, message] of cases) expect(() => startEvidence([spec], STEPS)).toThrow(message);
    expect(() => startEvidence([quality, quality], STEPS)).toThrow(/twice/);
    expect(() => startEvidence(all, STEPS, { quality: 1.2 })).toThrow(/^baseline\.quality/);
  });
});

describe('foldBlock', () => {
  it('changes nothing for a block it has seen, or an older one', () => {
    const pairs = fc.array(fc.tuple(arm, arm), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(pairs, fc.nat(7), (blocks, again) => {
        const numbered = blocks.map(([stable, candidate], i) => block(i + 1, stable, candidate));
        const once = numbered.reduce((e, b) => foldBlock(e, b, context), start());
        const repeated = numbered.reduce((e, b, i) => {
          const folded = foldBlock(e, b, context);
          return foldBlock(folded, numbered[Math.min(again, i)]!, context);
        }, start());
        expect(repeated).toEqual(once);
        expect(foldBlock(once, numbered.at(-1)!, context)).toBe(once);
      }),
      { seed: 31, numRuns: 50 },
    );
  });
  it('goes on from evidence that went through JSON as if it had not', () => {
    const blocks = repeat(6, [healthy(300), healthy(100)] as const).map(([a, b], i) => block(i + 1, a, b));
    const straight = blocks.reduce((e, b) => foldBlock(e, b, context), start());
    const carried = blocks.reduce(
      (e, b) => foldBlock(JSON.parse(JSON.stringify(e)) as RolloutEvidence, b, context),
      start(),
    );
    expect(carried).toEqual(straight);
  });
  it('adds nothing to a guardrail whose metric lacks an arm, and counts the block as folded', () => {
    const before = start();
    const after = foldBlock(before, block(4, healthy(200), {}), context);
    expect(after.guardrails).toEqual(before.guardrails);
    expect(after).toMatchObject({ lastBlockNo: 4, blocks: 1 });
    expect(after.arms.stable.quality.n).toBe(200);
    const { error: _absent, ...withoutErrors } = healthy(20);
    const partly = foldBlock(before, block(1, healthy(200), withoutErrors), context);
    expect(partly.guardrails[1]).toEqual(before.guardrails[1]);
    expect(partly.guardrails[0]!.step).toEqual({ stable: 200, candidate: 20 });
    const empty = foldBlock(before, block(1, healthy(200), healthy(20, { quality: shares(0, 0) })), context);
    expect(empty.guardrails[0]).toEqual(before.guardrails[0]);
  });
  it('never changes the evidence it was given', () => {
    const before = start();
    const copy = structuredClone(before);
    foldBlock(before, block(1, healthy(300), healthy(100)), context);
    expect(before).toEqual(copy);
  });
  it('keeps rungs and harm over a step, and starts step labels and means anew', () => {
    const { evidence } = run({ blocks: repeat(3, [healthy(300), healthy(100)] as const) });
    const next = foldBlock(evidence, block(9, healthy(300), healthy(100)), {
      ...context,
      stepIndex: 1,
      weightPct: 25,
    });
    const [q, , , c] = next.guardrails;
    expect(q).toMatchObject({
      step: { stable: 300, candidate: 100 },
      totals: { candidate: { n: 400 } },
      harm: { restart: 2 },
    });
    expect(c).toMatchObject({ moments: { candidate: { n: 100 } } });
  });
  it('counts slow requests exactly at the snapped limits', () => {
    const slow = healthy(100, { latencyMs: latencies([800, 90], [2100, 6], [2600, 4]) });
    const { evidence } = run({ blocks: [[slow, slow]] });
    const tail = evidence.guardrails[2]!;
    expect(tail.totals.candidate).toEqual({ n: 100, sum: 10 });
    expect(tail).toMatchObject({
      // 1900 ms for stable; 1900 * 1.2 = 2280 for a candidate at one margin, 3420 at four.
      rungs: [{ process: { sA: 10, sB: 0 } }, { process: { sB: 0 } }, { process: { sA: 10, sB: 4 } }],
      harm: { process: { sA: 10, sB: 4 } },
    });
  });
  it.each([
    ['quality', { ...shares(10, 5), sum: Number.NaN }, /block\.arms\.candidate\.quality\.sum .*NaN/],
    ['quality', shares(10, 11), /block\.arms\.candidate\.quality\.sum .*11/],
    ['quality', { ...shares(10, 1), sum: -1 }, /block\.arms\.candidate\.quality\.sum .*-1/],
    ['error', { ...shares(10, 1), count: Infinity }, /block\.arms\.candidate\.error\.count .*Infinity/],
    ['error', { ...shares(10, 1), count: -1 }, /block\.arms\.candidate\.error\.count .*-1/],
    ['latencyMs', shares(10, 1), /block\.arms\.candidate\.latencyMs\.sketch/],
    ['latencyMs', { ...latencies([800, 3]), count: 4 }, /block\.arms\.candidate\.latencyMs\.sketch.*4/],
    [
      'costUsd',
      { ...shares(10, 1), sumOfSquares: Number.NaN },
      /block\.arms\.candidate\.costUsd\.sumOfSquares/,
    ],
    ['costUsd', { ...shares(10, 1), sumOfSquares: -1 }, /block\.arms\.candidate\.costUsd\.sumOfSquares/],
  ])('refuses %s %j by name', (metric, stats, message) => {
    const bad = block(1, healthy(100), healthy(10, { [metric]: stats }));
    expect(() => foldBlock(start(), bad, context)).toThrow(message);
    expect(() => foldBlock(start(), bad, context)).toThrow(RangeError);
  });
  it('refuses a number, step or weight that cannot be', () => {
    const fine = block(1, healthy(10), healthy(10));
    expect(() => foldBlock(start(), { ...fine, no: 1.5 }, context)).toThrow(/^block\.no/);
    expect(() => foldBlock(start(), fine, { ...context, stepIndex: -1 })).toThrow(/^stepIndex/);
    expect(() => foldBlock(start(), fine, { ...context, weightPct: 101 })).toThrow(/^weightPct/);
    expect(() => foldBlock(start(), fine, { ...context, guardrails: [quality] })).toThrow(
      /^guardrails must name/,
    );
  });
});

describe('foldLate', () => {
  const late = (no: number, q: number) =>
    block(no, healthy(400), healthy(400, { quality: shares(400, 400 * q) }));
  const lateContext = { guardrails: all, weightPct: 50 };

  it('never touches what closed blocks gave, and folds each arrival once', () => {
    const { evidence } = run({ blocks: repeat(3, [healthy(300), healthy(100)] as const) });
    const after = foldLate(evidence, late(1, 0.81), lateContext);
    const withoutLate = (e: RolloutEvidence) =>
      e.guardrails.map((g) => (g.kind === 'mean' ? g : { ...g, lateHarm: null }));
    expect(withoutLate(after)).toEqual(withoutLate(evidence));
    expect(after.lastBlockNo).toBe(evidence.lastBlockNo);
    expect(foldLate(after, late(1, 0.81), lateContext)).toBe(after);
  });
  it('proves harm that only late labels show, and says so at the next look', () => {
    const { evidence } = run({ blocks: repeat(8, [healthy(300), healthy(100)] as const) });
    const judge = (e: RolloutEvidence) =>
      judgeStep(e, { guardrails: all, steps: STEPS, stepIndex: 0, minSamples: 200 }).outcome;
    expect(judge(evidence)).toBe('healthy');
    const fine = Array.from({ length: 8 }, (_, i) => i + 1).reduce(
      (e, no) => foldLate(e, late(no, 0.81), lateContext),
      evidence,
    );
    expect(judge(fine)).toBe('healthy');
    const bad = Array.from({ length: 8 }, (_, i) => i + 1).reduce(
      (e, no) => foldLate(e, late(no, 0.6), lateContext),
      evidence,
    );
    expect(judge(bad)).toBe('harm');
  });
  it('names what is wrong', () => {
    expect(() => foldLate(start(), { ...late(1, 0.8), no: Number.NaN }, lateContext)).toThrow(/^late\.no/);
    expect(() => foldLate(start(), late(1, 0.8), { ...lateContext, guardrails: [] })).toThrow(/^guardrails/);
  });
});
