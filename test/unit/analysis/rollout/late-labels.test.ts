import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldLate, startEvidence, type RolloutEvidence } from '../../../../src/analysis/index.ts';
import { differenceOf, sumOfBlocks, sumPerStretch } from '../../../../src/analysis/late-labels.ts';
import { foldLump, lumpLogE } from '../../../../src/analysis/rollout/late-lump.ts';
import { emptyTlg, foldTlg, type TlgNull } from '../../../../src/analysis/tlg.ts';
import { logGamma, randomFromSeed } from '../../../../src/math/index.ts';
import type { Block } from '../../../../src/domain/window.ts';
import { all, block, healthy, quality, repeat, run, shares, STEPS } from './blocks.ts';

const dropOf5Pct: TlgNull = { kind: 'relative', margin: 0.95, side: 'less' };
const riseOf1Point: TlgNull = { kind: 'absolute', margin: 0.01, side: 'greater' };

const lump = (no: number, n: number, q: number) =>
  block(no, healthy(n), healthy(n, { quality: shares(n, n * q) }));
const late = (evidence: RolloutEvidence, no: number, n: number, q: number) =>
  foldLate(evidence, lump(no, n, q), { guardrails: all, weightPct: 50 });
const alarmOf = (evidence: RolloutEvidence) => {
  const [first] = evidence.guardrails;
  return first?.kind === 'rate' ? first.lateHarm.alarm : null;
};

describe('a lump of late labels', () => {
  const start = run({ blocks: repeat(8, [healthy(300), healthy(100)] as const) }).evidence;

  it('raises the alarm alone, where the plain process says nothing', () => {
    const bad = { nA: 2000, sA: 1620, nB: 2000, sB: 1200 };
    expect(foldTlg(emptyTlg(), bad, dropOf5Pct).logE).toBe(0);
    expect(alarmOf(late(start, 1, 2000, 0.6))).toMatchObject({ restart: 1 });
    expect(alarmOf(late(start, 1, 400, 0.6))).not.toBeNull();
    expect(alarmOf(late(start, 1, 2000, 0.81))).toBeNull();
    expect(alarmOf(late(start, 1, 2000, 0.78))).toBeNull();
  });
  it('is seen in every arrival, also where each is large enough to start the process anew', () => {
    const healthyFirst = late(start, 1, 5000, 0.81);
    expect(alarmOf(healthyFirst)).toBeNull();
    expect(alarmOf(late(healthyFirst, 2, 5000, 0.6))).toMatchObject({ restart: 2 });
  });
  it('costs at most ln 2 when it shows nothing, and nothing when it lacks an arm', () => {
    for (const n of [1, 20, 400, 50_000]) {
      const none = lumpLogE({ nA: n, sA: Math.round(n * 0.81), nB: n, sB: Math.round(n * 0.81) }, dropOf5Pct);
      expect(none).toBeGreaterThanOrEqual(-Math.LN2 - 1e-12);
      expect(none).toBeLessThan(1);
    }
    expect(lumpLogE({ nA: 0, sA: 0, nB: 500, sB: 0 }, dropOf5Pct)).toBe(0);
    expect(lumpLogE({ nA: 500, sA: 400, nB: 0, sB: 0 }, dropOf5Pct)).toBe(0);
  });
  it('goes on with the plain bet once earlier arrivals have taught the rates', () => {
    const first = foldLump(emptyTlg(), { nA: 400, sA: 324, nB: 400, sB: 300 }, dropOf5Pct);
    const small = { nA: 100, sA: 81, nB: 100, sB: 70 };
    expect(foldLump(first, small, dropOf5Pct)).toEqual(foldTlg(first, small, dropOf5Pct));
  });
});

const logChoose = (n: number, k: number) => logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
const chance = (n: number, s: number, p: number) =>
  Math.exp(logChoose(n, s) + s * Math.log(p) + (n - s) * Math.log1p(-p));

describe('validity of the lump', () => {
  it('its expected e-value is at most 1 on the boundary of the null and inside it', () => {
    const count = fc.integer({ min: 1, max: 14 });
    const share = fc.double({ min: 0.02, max: 0.98, noNaN: true });
    fc.assert(
      fc.property(
        fc.constantFrom(dropOf5Pct, riseOf1Point),
        count,
        count,
        share,
        share,
        (null_, nA, nB, a, inside) => {
          const boundary = null_.kind === 'relative' ? a * null_.margin : a + null_.margin;
          const within = null_.side === 'less' ? boundary + (1 - boundary) * inside : boundary * inside;
          for (const b of [boundary, within]) {
            let expected = 0;
            for (let sA = 0; sA <= nA; sA++) {
              for (let sB = 0; sB <= nB; sB++) {
                expected +=
                  chance(nA, sA, a) * chance(nB, sB, b) * Math.exp(lumpLogE({ nA, sA, nB, sB }, null_));
              }
            }
            expect(expected).toBeLessThanOrEqual(1 + 1e-9);
          }
        },
      ),
      { seed: 61, numRuns: 25 },
    );
  });
  it('arrivals of any size on the boundary raise the alarm in at most alpha of rollouts', () => {
    const random = randomFromSeed(62);
    const draw = (n: number, p: number) => Array.from({ length: n }, random.next).filter((u) => u < p).length;
    const sizes = [40, 700, 90, 2500, 300];
    let alarms = 0;
    const runs = 300;
    for (let r = 0; r < runs; r++) {
      const evidence = sizes.reduce(
        (e, n, i) =>
          foldLate(
            e,
            block(
              i + 1,
              healthy(n, { quality: shares(n, draw(n, 0.8)) }),
              healthy(n, { quality: shares(n, draw(n, 0.76)) }),
            ),
            { guardrails: [quality], weightPct: 50 },
          ),
        startEvidence([quality], STEPS),
      );
      if (alarmOf(evidence) !== null) alarms += 1;
    }
    expect(alarms / runs).toBeLessThanOrEqual(0.01);
  });
});

describe('late labels of several weights', () => {
  /** Weight, base rate, late labels of the stable arm and of the candidate. */
  const RAMP = [
    [5, 0.95, 1900, 100],
    [25, 0.8, 1500, 500],
    [50, 0.6, 1000, 1000],
  ] as const;
  const blocks = RAMP.map(([, base, nA, nB], i) =>
    block(
      i + 1,
      healthy(nA, { quality: shares(nA, nA * base) }),
      healthy(nB, { quality: shares(nB, nB * base) }),
    ),
  );
  const starts = blocks.map((each) => each.startMs);
  const foldAll = (arrivals: readonly Block[]) =>
    arrivals.reduce(
      (e, each, i) => foldLate(e, { ...each, no: i + 1 }, { guardrails: [quality], weightPct: 50 }),
      startEvidence([quality], STEPS),
    );

  it('are no harm weight by weight when both arms are equal at each, though their sums differ', () => {
    const perStep = sumPerStretch(blocks, starts).filter((each) => each !== null);
    expect(perStep).toEqual(blocks);
    expect(alarmOf(foldAll(perStep))).toBeNull();
    expect(alarmOf(foldAll([sumOfBlocks(blocks)!]))).not.toBeNull();
  });
  it('are summed by the stretch in which their block began', () => {
    const numbers = (fromMs: readonly number[]) =>
      sumPerStretch(blocks, fromMs).map((each) => each && [each.no, each.arms.candidate.quality!.count]);
    const [first, second, third] = starts as [number, number, number];
    expect(numbers([])).toEqual([[1, 1600]]);
    expect(numbers([first, second])).toEqual([
      [1, 100],
      [2, 1500],
    ]);
    expect(numbers([first, second + 1])).toEqual([
      [1, 600],
      [3, 1000],
    ]);
    expect(numbers([second, third, third + 1])).toEqual([[1, 600], [3, 1000], null]);
    expect(sumPerStretch([], [1, 2])).toEqual([null, null]);
    expect(sumPerStretch([], [])).toEqual([null]);
  });
});

describe('differenceOf', () => {
  const of = (n: number, sum: number) => block(1, {}, { quality: shares(n, sum) });

  it('is what was added, and null for nothing', () => {
    expect(differenceOf(of(30, 20), of(10, 8))?.arms.candidate.quality).toMatchObject({ count: 20, sum: 12 });
    expect(differenceOf(of(10, 8), of(10, 8))).toBeNull();
    expect(differenceOf(of(9, 8), of(10, 8))).toBeNull();
  });
  it('takes the rounding of two sums for what it is: late zeros, or ones, can be folded', () => {
    const zeros = differenceOf(of(40, 0.3), of(30, 0.1 + 0.2))!;
    expect(zeros.arms.candidate.quality!.sum).toBe(0);
    const ones = differenceOf(of(11, 9.652000000000001), of(4, 2.652))!;
    expect(ones.arms.candidate.quality!.sum).toBeGreaterThan(7);
    for (const { arms, ...rest } of [zeros, ones]) {
      const both = { ...rest, arms: { ...arms, stable: { quality: shares(10, 8) } } };
      const folded = foldLate(startEvidence([quality], STEPS), both, {
        guardrails: [quality],
        weightPct: 50,
      });
      expect(folded.lastLateNo).toBe(1);
    }
  });
  it('leaves a real contradiction to be refused', () => {
    expect(differenceOf(of(40, 5), of(30, 8))!.arms.candidate.quality!.sum).toBe(-3);
  });
});
