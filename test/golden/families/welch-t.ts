/** Golden `welch_t`: from raw values. */
import { welch } from '../../../src/analysis/index.ts';
import { goldenAdapter } from '../adapter.ts';

interface Input {
  readonly a: readonly number[];
  readonly b: readonly number[];
}

export const adapter = goldenAdapter<Input>({
  family: 'welch_t',
  answer: ({ a, b }) => {
    const test = welch(a, b);
    if (!test.ok) return { undefined: test.reason };
    const { difference, t, df, p, interval, cohenD, hedgesG } = test.value;
    return {
      diff: difference,
      t,
      df,
      p_two_sided: p.twoSided,
      p_greater: p.greater,
      p_less: p.less,
      ci95: [interval.low, interval.high],
      cohen_d_pooled: cohenD,
      hedges_g: hedgesG,
    };
  },
});
