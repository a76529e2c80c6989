import {
  chanceMeanAbove,
  knownVariancePosterior,
  meanEstimate,
  normalInverseGammaPosterior,
  sampleMoments,
} from '../../../src/analysis/index.ts';
import { goldenAdapter, type Answer } from '../adapter.ts';

interface Unknown {
  readonly kind: 'nig';
  readonly x: readonly number[];
  readonly prior: {
    readonly mu0: number;
    readonly kappa0: number;
    readonly alpha0: number;
    readonly beta0: number;
  };
}

interface Known {
  readonly kind: 'known_variance';
  readonly n: readonly number[];
  readonly mean: readonly number[];
  readonly noise_var: number;
  readonly prior_mean: number;
  readonly prior_var: number;
}

const unknownVariance = ({ x, prior }: Unknown): Answer => {
  const posterior = normalInverseGammaPosterior(sampleMoments(x), {
    kind: 'normalInverseGamma',
    mu: prior.mu0,
    kappa: prior.kappa0,
    alpha: prior.alpha0,
    beta: prior.beta0,
  });
  const { low, high } = meanEstimate(posterior);
  return { ...posterior, mean_ci95: [low, high] };
};

const knownVariance = (input: Known): Answer => {
  const posteriors = input.n.map((n, i) =>
    knownVariancePosterior({ n, mean: input.mean[i]! }, input.noise_var, {
      kind: 'normal',
      mean: input.prior_mean,
      variance: input.prior_var,
    }),
  );
  return {
    mean: posteriors.map(({ mean }) => mean),
    var: posteriors.map(({ variance }) => variance),
    p_b_gt_a: chanceMeanAbove(posteriors[0]!, posteriors[1]!),
  };
};

export const adapter = goldenAdapter<Unknown | Known>({
  family: 'gaussian_posterior',
  answer: (input) => (input.kind === 'nig' ? unknownVariance(input) : knownVariance(input)),
});
