/** Asymptotic confidence sequence: the unit margins, one two-sample look, a sequence of looks. */
import {
  compareMeans,
  emptyRunningInterval,
  lookAtMeans,
  mixturePrecision,
  type Moments,
} from '../../../src/analysis/index.ts';
import { unitMargins } from '../../../src/analysis/asymptotic.ts';
import { goldenAdapter, type Answer } from '../adapter.ts';

interface Look {
  readonly n_a: number;
  readonly mean_a: number;
  readonly var_a: number;
  readonly n_b: number;
  readonly mean_b: number;
  readonly var_b: number;
}

type Input = { readonly alpha: number; readonly n_opt: number } & (
  | { readonly kind: 'margin'; readonly t: readonly number[] }
  | ({ readonly kind: 'two_sample' } & Look)
  | { readonly kind: 'sequence'; readonly looks: readonly Look[]; readonly n_min_per_arm: number }
);

const momentsOf = (n: number, mean: number, variance: number): Moments => ({
  n,
  mean,
  m2: variance * Math.max(0, n - 1),
});

const armsOf = (look: Look): readonly [Moments, Moments] => [
  momentsOf(look.n_a, look.mean_a, look.var_a),
  momentsOf(look.n_b, look.mean_b, look.var_b),
];

const twoSample = (look: Look, alpha: number, nOpt: number): Answer => {
  const found = compareMeans(...armsOf(look), { alpha, nOpt });
  if (!found.ok) return { undefined: found.reason };
  const { difference, varianceWelch, variancePooled, varianceUsed, halfWidth, logP, oneSidedLower } =
    found.value;
  return {
    diff: difference,
    rho2: mixturePrecision(alpha, nOpt),
    var_welch: varianceWelch,
    var_pooled: variancePooled,
    var_used: varianceUsed,
    half_width: halfWidth,
    lower: difference - halfWidth,
    upper: difference + halfWidth,
    log_p: logP,
    p: Math.exp(logP),
    significant: logP <= Math.log(alpha),
    one_sided_lower: oneSidedLower,
  };
};

const sequence = (looks: readonly Look[], alpha: number, nOpt: number, burnIn: number): Answer => {
  let state = emptyRunningInterval();
  const states = looks.map((look) => (state = lookAtMeans(state, ...armsOf(look), { alpha, nOpt }, burnIn)));
  return {
    p_running: states.map(({ logP }) => Math.exp(logP)),
    lower_running: states.map(({ low }) => low ?? -Infinity),
    upper_running: states.map(({ high }) => high ?? Infinity),
    first_decision_look: states.findIndex(({ logP }) => logP <= Math.log(alpha)),
  };
};

export const adapter = goldenAdapter<Input>({
  family: 'asymptotic_cs',
  leftOut: {
    rho2_approx: 'a closed form that only approximates rho2_exact; the product solves the equation',
  },
  answer: (input) => {
    const { alpha, n_opt: nOpt } = input;
    if (input.kind === 'two_sample') return twoSample(input, alpha, nOpt);
    if (input.kind === 'sequence') return sequence(input.looks, alpha, nOpt, input.n_min_per_arm);
    const margins = input.t.map((t) => unitMargins(t, alpha, nOpt));
    return {
      rho2_exact: mixturePrecision(alpha, nOpt),
      margin_two_sided: margins.map((margin) => margin.twoSided),
      margin_one_sided: margins.map((margin) => margin.oneSided),
    };
  },
});
