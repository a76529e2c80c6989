/** Outliers of a batch by three rules. */
import { iqrOutliers, madOutliers, zScoreOutliers } from '../../../src/analysis/index.ts';
import { goldenAdapter } from '../adapter.ts';

interface Input {
  readonly x: readonly number[];
}

export const adapter = goldenAdapter<Input>({
  family: 'outliers',
  answer: ({ x }) => {
    const z = zScoreOutliers(x);
    const iqr = iqrOutliers(x);
    const mad = madOutliers(x);
    if (!z.ok) return { undefined: z.reason };
    if (!iqr.ok) return { undefined: iqr.reason };
    if (!mad.ok) return { undefined: mad.reason };
    return {
      mean: z.value.mean,
      sd: z.value.sd,
      z_outliers: z.value.indices,
      q1: iqr.value.q1,
      q3: iqr.value.q3,
      iqr_low: iqr.value.low,
      iqr_high: iqr.value.high,
      iqr_outliers: iqr.value.indices,
      median: mad.value.median,
      mad: mad.value.mad,
      max_abs_modified_z: Math.max(...mad.value.scores.map(Math.abs)),
      mad_outliers: mad.value.indices,
    };
  },
});
