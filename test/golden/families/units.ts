/** Golden `units`: units with several observations, ratios and directions of non-inferiority, missing covariates, detectable effects. */
import {
  clusterRobust,
  compareRatios,
  covariateMomentsOfValues,
  cuped,
  designEffect,
  detectableDifference,
  detectableRate,
  fisherExact,
  meanNonInferiority,
  pairedUnits,
  rateNonInferiority,
  sampleMoments,
  type UnitSquares,
} from '../../../src/analysis/index.ts';
import { goldenAdapter, type Answer } from '../adapter.ts';

interface Counts {
  readonly success_a: number;
  readonly n_a: number;
  readonly success_b: number;
  readonly n_b: number;
}
interface Margin {
  readonly margin: number;
  readonly better: 'higher' | 'lower';
  readonly alpha: number;
}
type Numbers = readonly number[];
type Units = readonly Numbers[];

type Input =
  | (Counts &
      Margin & {
        readonly kind: 'score_difference' | 'score_ratio';
        readonly miettinen_nurminen: boolean;
      })
  | (Margin & { readonly kind: 'mean_ratio'; readonly a: Numbers; readonly b: Numbers })
  | {
      readonly kind: 'delta_ratio';
      readonly x_a: Numbers;
      readonly y_a: Numbers;
      readonly x_b: Numbers;
      readonly y_b: Numbers;
      readonly alpha: number;
    }
  | { readonly kind: 'cluster'; readonly a: Units; readonly b: Units; readonly alpha: number }
  | { readonly kind: 'design_effect'; readonly units: Units }
  | {
      readonly kind: 'paired';
      readonly a: Numbers;
      readonly n_a: number;
      readonly b: Numbers;
      readonly n_b: number;
    }
  | {
      readonly kind: 'cuped_missing';
      readonly x_a: readonly (number | null)[];
      readonly y_a: Numbers;
      readonly x_b: readonly (number | null)[];
      readonly y_b: Numbers;
    }
  | {
      readonly kind: 'detectable_rate';
      readonly p_a: number;
      readonly n_a: number;
      readonly direction: 'up' | 'down';
      readonly alpha: number;
      readonly power: number;
      readonly ratio: number;
    }
  | {
      readonly kind: 'detectable_mean';
      readonly sd: number;
      readonly n_a: number;
      readonly alpha: number;
      readonly power: number;
      readonly ratio: number;
      readonly two_sided: boolean;
    }
  | (Counts & { readonly kind: 'fisher' });

type Case<K extends Input['kind']> = Extract<Input, { readonly kind: K }>;

const countsOf = (input: Counts) =>
  [
    { successes: input.success_a, n: input.n_a },
    { successes: input.success_b, n: input.n_b },
  ] as const;

const totals = (units: Units): readonly UnitSquares[] =>
  units.map((values) => ({
    count: values.length,
    sum: values.reduce((sum, y) => sum + y, 0),
    sumOfSquares: values.reduce((sum, y) => sum + y * y, 0),
  }));

const score = (input: Case<'score_difference' | 'score_ratio'>): Answer => {
  const { margin, better, alpha } = input;
  const test = rateNonInferiority(...countsOf(input), {
    margin,
    better,
    alpha,
    kind: input.kind === 'score_ratio' ? 'relative' : 'absolute',
    variance: input.miettinen_nurminen ? 'miettinen-nurminen' : 'farrington-manning',
  });
  if (!test.ok) return { undefined: test.reason };
  const { observed, wald } = test.value;
  const { statistic, p, bound, nonInferior } = test.value.score;
  return {
    ratio: observed,
    z_score: statistic,
    p_score: p,
    bound,
    non_inferior: nonInferior,
    ...(wald.ok ? { z_wald: wald.value.statistic, p_wald: wald.value.p } : {}),
  };
};

const meanRatio = ({ a, b, margin, better, alpha }: Case<'mean_ratio'>): Answer => {
  const options = { margin, better, alpha, kind: 'relative' } as const;
  const test = meanNonInferiority(sampleMoments(a), sampleMoments(b), options);
  if (!test.ok) return { undefined: test.reason };
  const { statistic, df, p, observed, bound } = test.value;
  return { t: statistic, df, p, ratio: observed, bound };
};

const deltaRatio = ({ x_a, y_a, x_b, y_b, alpha }: Case<'delta_ratio'>): Answer => {
  const [a, b] = [covariateMomentsOfValues(x_a, y_a), covariateMomentsOfValues(x_b, y_b)];
  const test = compareRatios(a, b, { alpha });
  if (!test.ok) return { undefined: test.reason };
  const { ratioA, ratioB, difference, standardError, z, p, interval } = test.value;
  return {
    ratio_a: ratioA,
    ratio_b: ratioB,
    diff: difference,
    se: standardError,
    z,
    p_two_sided: p.twoSided,
    ci: [interval.low, interval.high],
  };
};

const cluster = ({ a, b, alpha }: Case<'cluster'>): Answer => {
  const [cr1, cr2] = (['CR1', 'CR2'] as const).map((correction) =>
    clusterRobust(totals(a), totals(b), { alpha, correction }),
  );
  if (!cr1!.ok) return { undefined: cr1!.reason };
  if (!cr2!.ok) return { undefined: cr2!.reason };
  const [one, two] = [cr1!.value, cr2!.value];
  return {
    mean_a: one.meanA,
    diff: one.difference,
    se_cr1: one.standardError,
    t_cr1: one.t,
    df_cr1: one.df,
    p_cr1: one.p.twoSided,
    ci_cr1: [one.interval.low, one.interval.high],
    se_cr2: two.standardError,
    df_cr2: two.df,
    p_cr2: two.p.twoSided,
  };
};

const design = ({ units }: Case<'design_effect'>): Answer => {
  const effect = designEffect(totals(units));
  if (!effect.ok) return { undefined: effect.reason };
  const { designEffect: ratio, effectiveObservations, intraUnitCorrelation } = effect.value;
  return { design_effect: ratio, effective_n: effectiveObservations, icc: intraUnitCorrelation };
};

const paired = ({ a, n_a, b, n_b }: Case<'paired'>): Answer => {
  const test = pairedUnits(a.map((sum, i) => ({ a: { count: n_a, sum }, b: { count: n_b, sum: b[i]! } })));
  if (!test.ok) return { undefined: test.reason };
  const { difference, t, df, p, interval } = test.value;
  return { diff: difference, t, df, p_two_sided: p.twoSided, ci95: [interval.low, interval.high] };
};

const cupedMissing = ({ x_a, y_a, x_b, y_b }: Case<'cuped_missing'>): Answer => {
  const result = cuped({ x: x_a, y: y_a }, { x: x_b, y: y_b });
  if (!result.ok) return { undefined: result.reason };
  const { theta, thetaMissing, differenceAdjusted, test } = result.value;
  if (!test.ok) return { undefined: test.reason };
  const { t, df, p } = test.value;
  return { theta, theta_missing: thetaMissing, diff_adj: differenceAdjusted, t, df, p_two_sided: p.twoSided };
};

const detectable = (input: Case<'detectable_rate'>): Answer => {
  const { p_a, n_a, direction, alpha, power, ratio } = input;
  const rate = detectableRate(p_a, n_a, direction, { alpha, power, ratio });
  return rate.ok ? { rate: rate.value } : { undefined: rate.reason };
};

const fisher = (input: Case<'fisher'>): Answer => {
  const { twoSided, greater, less } = fisherExact(...countsOf(input));
  return { p_two_sided: twoSided, p_greater: greater, p_less: less };
};

export const adapter = goldenAdapter<Input>({
  family: 'units',
  answer: (input) => {
    switch (input.kind) {
      case 'score_difference':
      case 'score_ratio':
        return score(input);
      case 'mean_ratio':
        return meanRatio(input);
      case 'delta_ratio':
        return deltaRatio(input);
      case 'cluster':
        return cluster(input);
      case 'design_effect':
        return design(input);
      case 'paired':
        return paired(input);
      case 'cuped_missing':
        return cupedMissing(input);
      case 'detectable_rate':
        return detectable(input);
      case 'detectable_mean': {
        const { sd, n_a, alpha, power, ratio, two_sided: twoSided } = input;
        return { difference: detectableDifference(sd, n_a, { alpha, power, ratio, twoSided }) };
      }
      case 'fisher':
        return fisher(input);
    }
  },
});
