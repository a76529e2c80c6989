/** What a crash, a retry or a second delivery may do to the evidence: nothing, to the last bit. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  foldBlock,
  foldLate,
  judgeStep,
  startEvidence,
  type RolloutEvidence,
} from '../../../../src/analysis/index.ts';
import type { ArmWindow, Block } from '../../../../src/domain/window.ts';
import { all, block, costs, healthy, latencies, shares, STEPS } from './blocks.ts';

/** A JSON text in which every number is its 64 bits: tells -0 from 0 and shows the last bit. */
const bitsOf = (value: unknown): string =>
  JSON.stringify(value, (_key, each: unknown) => {
    if (typeof each !== 'number') return each;
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, each);
    return view.getBigUint64(0).toString(16);
  });

const throughJson = (evidence: RolloutEvidence): RolloutEvidence =>
  JSON.parse(JSON.stringify(evidence)) as RolloutEvidence;

const share = fc.double({ min: 0, max: 1, noNaN: true });
const arm: fc.Arbitrary<ArmWindow> = fc
  .record({
    n: fc.nat(400),
    q: share,
    ms: fc.constantFrom(0, 0.02, 0.97, 40, 900, 3000),
    cost: share,
    zero: fc.boolean(),
  })
  .map(({ n, q, ms, cost, zero }) =>
    n === 0
      ? {}
      : healthy(n, {
          quality: shares(n, zero ? -0 : n * q),
          latencyMs: ms === 0 ? latencies([800, n]) : latencies([ms, n]),
          costUsd: zero ? { ...costs(n, 0), sum: -0 } : costs(n, cost / 100),
        }),
  );

/** One thing that arrives: a block at a step, or a lump of late labels. */
interface Arrival {
  readonly block: Block;
  readonly stepIndex: number;
  readonly isLate: boolean;
}
const arrivals: fc.Arbitrary<readonly Arrival[]> = fc
  .array(fc.tuple(arm, arm, fc.boolean(), fc.nat(3)), { minLength: 1, maxLength: 10 })
  .map((drawn) => {
    let step = 0;
    return drawn.map(([stable, candidate, stays, kind], i) => {
      if (!stays && step < 2) step += 1;
      return { block: block(i + 1, stable, candidate), stepIndex: step, isLate: kind === 0 };
    });
  });

const start = () => startEvidence(all, STEPS, { quality: 0.81, errorRate: 0.005 });
const advance = (evidence: RolloutEvidence, { block: next, stepIndex, isLate }: Arrival): RolloutEvidence => {
  const context = { guardrails: all, stepIndex, weightPct: STEPS[stepIndex]! };
  return isLate ? foldLate(evidence, next, context) : foldBlock(evidence, next, context);
};
const straight = (list: readonly Arrival[]): RolloutEvidence => list.reduce(advance, start());

describe('the evidence of a rollout', () => {
  it('is the same when everything is delivered twice, at once or again later', () => {
    fc.assert(
      fc.property(arrivals, fc.array(fc.nat(9), { maxLength: 12 }), (list, again) => {
        let evidence = start();
        list.forEach((arrival, i) => {
          evidence = advance(advance(evidence, arrival), arrival);
          const old = again[i];
          if (old !== undefined && old <= i) evidence = advance(evidence, list[old]!);
        });
        expect(bitsOf(evidence)).toBe(bitsOf(straight(list)));
      }),
      { seed: 64, numRuns: 100 },
    );
  });
  it('is the same bit for bit when it goes through JSON between any two blocks', () => {
    fc.assert(
      fc.property(arrivals, fc.array(fc.boolean(), { minLength: 10, maxLength: 10 }), (list, carried) => {
        const evidence = list.reduce(
          (before, arrival, i) => advance(carried[i] ? throughJson(before) : before, arrival),
          start(),
        );
        expect(bitsOf(evidence)).toBe(bitsOf(straight(list)));
        expect(bitsOf(throughJson(evidence))).toBe(bitsOf(evidence));
      }),
      { seed: 65, numRuns: 100 },
    );
  });
  it('is that of the uninterrupted run when a crash comes between computing a block and recording it', () => {
    fc.assert(
      fc.property(arrivals, fc.array(fc.nat(2), { minLength: 10, maxLength: 10 }), (list, crashes) => {
        let recorded = JSON.stringify(start());
        list.forEach((arrival, i) => {
          // What a crashed attempt computed is lost; the next one starts from the record, with the same block.
          for (let attempt = 0; attempt < crashes[i]!; attempt++) {
            advance(JSON.parse(recorded) as RolloutEvidence, arrival);
          }
          recorded = JSON.stringify(advance(JSON.parse(recorded) as RolloutEvidence, arrival));
        });
        expect(bitsOf(JSON.parse(recorded))).toBe(bitsOf(straight(list)));
      }),
      { seed: 66, numRuns: 100 },
    );
  });
  it('gives the same verdict however it was carried', () => {
    fc.assert(
      fc.property(arrivals, (list) => {
        const context = { guardrails: all, steps: STEPS, stepIndex: list.at(-1)!.stepIndex, minSamples: 200 };
        const evidence = straight(list);
        expect(bitsOf(judgeStep(throughJson(evidence), context))).toBe(bitsOf(judgeStep(evidence, context)));
      }),
      { seed: 67, numRuns: 50 },
    );
  });
});
