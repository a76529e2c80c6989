/** The posterior that linear Thompson sampling draws from, in the paper's scale and in the Bayesian one. */
import {
  bayesianScale,
  linearEstimates,
  linearPosterior,
  linearThompson,
  type LinearState,
} from '../../../src/bandits/index.ts';
import { goldenAdapter } from '../adapter.ts';

interface Input {
  readonly X: readonly (readonly number[])[];
  readonly y: readonly number[];
  readonly lambda_: number;
  readonly v: number;
  readonly noise_var: number;
  readonly prior_var: number;
  readonly queries: readonly (readonly number[])[];
}

const rowsOf = (matrix: readonly number[], size: number): readonly (readonly number[])[] =>
  Array.from({ length: size }, (_, i) => matrix.slice(i * size, (i + 1) * size));

const learned = ({ X, y, queries }: Pick<Input, 'X' | 'y' | 'queries'>): LinearState => {
  const dimension = (X[0] ?? queries[0] ?? []).length;
  const policy = linearThompson({ dimension });
  return X.reduce((state, x, i) => policy.learn(state, x, 0, y[i]!), policy.start(1));
};

export const adapter = goldenAdapter<Input>({
  family: 'linear_thompson',
  answer: ({ lambda_: lambda, v, ...input }) => {
    const state = learned(input);
    const posterior = linearPosterior(state, 0, { lambda, v });
    const bayes = linearPosterior(
      state,
      0,
      bayesianScale({ noiseVariance: input.noise_var, priorVariance: input.prior_var }),
    );
    const estimates = input.queries.map((x) => linearEstimates(state, x, { lambda })[0]!);
    return {
      mean: posterior.mean,
      cov: rowsOf(posterior.covariance, state.dimension),
      query_mean: estimates.map(({ mean }) => mean),
      query_sd: estimates.map(({ width }) => v * width),
      bayes_mean: bayes.mean,
      bayes_cov: rowsOf(bayes.covariance, state.dimension),
    };
  },
});
