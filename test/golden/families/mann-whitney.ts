/** Mann-Whitney with the shift and class of a canary judge. */
import { mannWhitney } from '../../../src/analysis/index.ts';
import { goldenAdapter } from '../adapter.ts';

const CLASSES = { high: 'High', low: 'Low', pass: 'Pass' } as const;

export const adapter = goldenAdapter<{ readonly a: readonly number[]; readonly b: readonly number[] }>({
  family: 'mann_whitney',
  answer: ({ a, b }) => {
    const found = mannWhitney(a, b);
    if (!found.ok) return { undefined: found.reason };
    const { shift, interval, meanRatio, classification } = found.value;
    return {
      u_b: found.value.u,
      p_asymptotic: found.value.pAsymptotic,
      p_greater_asymptotic: found.value.pGreaterAsymptotic,
      p_exact: found.value.pExact,
      cles: found.value.cles,
      rank_biserial: found.value.rankBiserial,
      kayenta: {
        estimate: shift,
        ci98: [interval.low, interval.high],
        mean_ratio: meanRatio ?? Number.NaN,
        classification_either: CLASSES[classification],
      },
    };
  },
});
