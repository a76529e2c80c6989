import { describe, expect, it } from 'vitest';
import {
  emptyStagedSampleRatio,
  foldSampleRatio,
  sampleRatioLogBayesFactor,
  type StagedSampleRatio,
} from '../../../src/analysis/sample-ratio.ts';
import { randomFromSeed, sampleBinomial } from '../../../src/math/index.ts';

describe('the sample ratio at one look', () => {
  it('names what is wrong', () => {
    expect(() => sampleRatioLogBayesFactor([1, 2], [1, 0])).toThrow(/^weights/u);
    expect(() => sampleRatioLogBayesFactor([1, Number.NaN], [1, 1])).toThrow(/^counts/u);
    expect(() => sampleRatioLogBayesFactor([1], [1, 1])).toThrow(/^counts/u);
    expect(() => sampleRatioLogBayesFactor([1, 1], [1, 1], 0)).toThrow(/^prior/u);
  });
});

describe('the sample ratio over stages', () => {
  const fold = (state: StagedSampleRatio, ...rest: [readonly number[], readonly number[]]) =>
    foldSampleRatio(state, ...rest);

  it('is the one of the cumulative counts while the weights stay', () => {
    const state = fold(fold(emptyStagedSampleRatio(), [60, 40], [3, 2]), [600, 410], [3, 2]);
    expect(state.logBayesFactor).toBeCloseTo(sampleRatioLogBayesFactor([660, 450], [3, 2]), 12);
    expect(state.closed).toBe(0);
  });
  it('adds up the stages when they change', () => {
    const first = fold(emptyStagedSampleRatio(), [950, 50], [95, 5]);
    const second = fold(first, [700, 300], [75, 25]);
    const each = [
      sampleRatioLogBayesFactor([950, 50], [95, 5]),
      sampleRatioLogBayesFactor([700, 300], [75, 25]),
    ];
    expect(second.logBayesFactor).toBeCloseTo(each[0]! + each[1]!, 12);
    expect(second.closed).toBe(first.logBayesFactor);
  });
  it('pays no attention to arms that take no units, and refuses units in them', () => {
    const state = fold(emptyStagedSampleRatio(), [500, 0, 480], [1, 0, 1]);
    expect(state.logBayesFactor).toBeCloseTo(sampleRatioLogBayesFactor([500, 480], [1, 1]), 12);
    expect(fold(emptyStagedSampleRatio(), [500, 0, 0], [1, 0, 0]).logBayesFactor).toBe(0);
    expect(() => fold(emptyStagedSampleRatio(), [500, 3], [1, 0])).toThrow(/^added must be 2 finite/u);
    expect(() => fold(emptyStagedSampleRatio(), [500, 3], [1, -1])).toThrow(/^weights must be 0 or from/u);
  });
  it('finds a broken split over a ramp, keeps it found, and leaves a sound one alone', () => {
    const random = randomFromSeed(2);
    const ramp = (bias: number): StagedSampleRatio => {
      let state = emptyStagedSampleRatio();
      for (let look = 0; look < 300; look++) {
        const share = [0.05, 0.25, 0.5][Math.floor(look / 100)]!;
        const b = sampleBinomial(100, share * bias, random);
        state = fold(state, [100 - b, b], [1 - share, share]);
      }
      return fold(state, [5000, 5000], [1, 1]);
    };
    expect(ramp(0.85).mismatch).toBe(true);
    expect(Array.from({ length: 50 }, () => ramp(1).mismatch)).not.toContain(true);
  });
});
