/** Sample ratio, looked at as often as one likes. */
import { alwaysValidP, emptySampleRatio, lookAtSampleRatio } from '../../../src/analysis/index.ts';
import { goldenAdapter } from '../adapter.ts';

interface Input {
  readonly weights: readonly number[];
  readonly k: number;
  readonly cumulative_counts: readonly (readonly number[])[];
}

export const adapter = goldenAdapter<Input>({
  family: 'srm_sequential',
  answer: ({ weights, k, cumulative_counts: looks }) => {
    let state = emptySampleRatio();
    const states = looks.map((counts) => (state = lookAtSampleRatio(state, counts, weights, k)));
    return {
      log_bf: states.map((s) => s.logBayesFactor),
      p: states.map((s) => alwaysValidP(s.maxLogBayesFactor)),
      first_srm_look_at_0_001: states.findIndex((s) => s.mismatch),
    };
  },
});
