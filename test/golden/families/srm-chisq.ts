/** Golden `srm_chisq`: the one-shot check of the sample ratio. */
import { sampleRatioChiSquare } from '../../../src/analysis/index.ts';
import { goldenAdapter } from '../adapter.ts';

interface Input {
  readonly counts: readonly number[];
  readonly weights: readonly number[];
}

export const adapter = goldenAdapter<Input>({
  family: 'srm_chisq',
  answer: ({ counts, weights }) => {
    const test = sampleRatioChiSquare(counts, weights);
    if (!test.ok) return { undefined: test.reason };
    const { chiSquare, df, p, mismatch, smallestExpected } = test.value;
    return { chi2: chiSquare, df, p, srm: mismatch, min_expected: smallestExpected };
  },
});
