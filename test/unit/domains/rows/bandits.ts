/** The policies without context, allocation and the stopping rules. What policies themselves refuse is in their conformance suite. */
import * as fc from 'fast-check';
import {
  allocation,
  betaThompson,
  decayedEpsilonGreedy,
  drawFromShares,
  epsilonGreedy,
  fadeTotals,
  gaussianThompson,
  glrStop,
  mergeTotals,
  normalGammaThompson,
  posteriorStop,
  t3c,
  topTwoThompson,
  ucb1,
  withFloor,
  type RewardModel,
  type TotalsState,
} from '../../../../src/bandits/index.ts';
import { randomFromSeed } from '../../../../src/math/index.ts';
import {
  domainRow,
  notAbove,
  notBetween,
  notFinite,
  notWholeFrom,
  withOneNotFinite,
  type DomainRow,
} from '../row.ts';

const BERNOULLI: RewardModel = { kind: 'bernoulli' };
const gaussian = (sd: number): RewardModel => ({ kind: 'gaussian', sd });
const random = randomFromSeed(1);

const totals = (...arms: readonly (readonly [n: number, sum: number])[]): TotalsState => ({
  arms: arms.map(([n, sum]) => ({ n, sum, m2: 0 })),
});
const oneArm = fc.constant(totals([5, 3]));

/** Not finite, not above 0, or so large that its square is no number. */
const badScale = fc.oneof(notAbove(0), fc.constant(1e200));
const badCentre = fc.oneof(notFinite, fc.constant(-1e200));
const badDiscount = fc.oneof(notBetween(0, 1), fc.constant(0));
const badShares = fc.oneof(
  withOneNotFinite([0.5, 0.3, 0.2]),
  fc.constantFrom([], [0.5, 0.4], [1.5, -0.5], [0.6, 0.5], ['0.5', 0.5]),
);

export const rows: readonly DomainRow[] = [
  domainRow({
    name: 'allocation',
    call: ({ draws, floor, context }: { draws: number; floor: number; context: null }) =>
      allocation(betaThompson(), totals([3, 1], [3, 2]), context, random, { draws, floor }),
    good: { draws: 5, floor: 0.1, context: null },
    bad: { draws: notWholeFrom(1), floor: notBetween(0, 0.5), context: fc.constantFrom([], [1], 0) },
  }),
  domainRow({
    name: 'betaThompson',
    call: ({ discount, successes, failures }: { discount: number; successes: number; failures: number }) =>
      betaThompson({ discount, prior: { successes, failures } }),
    good: { discount: 0.9, successes: 1, failures: 1 },
    bad: { discount: badDiscount, successes: badScale, failures: badScale },
  }),
  domainRow({
    name: 'decayedEpsilonGreedy',
    call: decayedEpsilonGreedy,
    good: { c: 5, d: 0.5, discount: 1 },
    bad: { c: notAbove(0), d: badDiscount, discount: badDiscount },
  }),
  domainRow({
    name: 'drawFromShares',
    call: ({ shares }: { shares: readonly number[] }) => drawFromShares(shares, random),
    good: { shares: [0.5, 0.3, 0.2] },
    bad: { shares: badShares },
  }),
  domainRow({
    name: 'epsilonGreedy',
    call: epsilonGreedy,
    good: { epsilon: 0.1, discount: 0.9 },
    bad: { epsilon: notBetween(0, 1), discount: badDiscount },
  }),
  domainRow({
    name: 'fadeTotals',
    call: ({ share }: { share: number }) => fadeTotals(totals([3, 1]), share),
    good: { share: 0.5 },
    bad: { share: notBetween(0, 1) },
  }),
  domainRow({
    name: 'gaussianThompson',
    call: ({
      sd,
      mean,
      priorSd,
      discount,
    }: {
      sd: number;
      mean: number;
      priorSd: number;
      discount: number;
    }) => gaussianThompson({ sd, prior: { mean, sd: priorSd }, discount }),
    good: { sd: 0.5, mean: 0, priorSd: 10, discount: 1 },
    bad: { sd: badScale, mean: badCentre, discount: badDiscount },
  }),
  domainRow({
    name: 'gaussianThompson',
    call: ({ sd }: { sd: number }) => gaussianThompson({ sd: 1, prior: { mean: 0, sd } }),
    good: { sd: 10 },
    bad: { sd: badScale },
  }),
  domainRow({
    name: 'glrStop',
    call: ({ state, delta, sd }: { state: TotalsState; delta: number; sd: number }) =>
      glrStop(state, { delta, model: gaussian(sd) }),
    good: { state: totals([5, 3], [5, 1]), delta: 0.05, sd: 0.5 },
    bad: { state: oneArm, delta: notBetween(0, 1, 'open'), sd: badScale },
  }),
  domainRow({
    name: 'glrStop',
    call: ({ threshold }: { threshold: 'stylised' | 'proven' }) =>
      glrStop(totals([5, 3], [5, 1]), { delta: 0.05, model: gaussian(1), threshold }),
    good: { threshold: 'stylised' as const },
    bad: { threshold: fc.constant('proven') },
  }),
  domainRow({
    name: 'mergeTotals',
    call: ({ b }: { b: TotalsState }) => mergeTotals(totals([3, 1], [3, 2]), b),
    good: { b: totals([1, 1], [1, 0]) },
    bad: { b: oneArm },
  }),
  domainRow({
    name: 'normalGammaThompson',
    call: ({
      discount,
      ...prior
    }: {
      mean: number;
      weight: number;
      shape: number;
      scale: number;
      discount: number;
    }) => normalGammaThompson({ prior, discount }),
    good: { mean: 0, weight: 0.01, shape: 1, scale: 0.5, discount: 1 },
    bad: { mean: badCentre, weight: badScale, shape: badScale, scale: badScale, discount: badDiscount },
  }),
  domainRow({
    name: 'posteriorStop',
    call: ({ shares, confidence }: { shares: readonly number[]; confidence: number }) =>
      posteriorStop(shares, { confidence }),
    good: { shares: [0.5, 0.3, 0.2], confidence: 0.95 },
    bad: { shares: badShares, confidence: notBetween(0, 1, 'open') },
  }),
  domainRow({
    name: 't3c',
    call: ({ sd, ...rest }: { sd: number; leaderShare: number; initialPlays: number }) =>
      t3c({ model: gaussian(sd), ...rest }),
    good: { sd: 0.5, leaderShare: 0.5, initialPlays: 20 },
    bad: { sd: badScale, leaderShare: notBetween(0, 1), initialPlays: notWholeFrom(0) },
  }),
  domainRow({
    name: 'topTwoThompson',
    call: (options: { leaderShare: number; initialPlays: number; redraws: number }) =>
      topTwoThompson({ model: BERNOULLI, ...options }),
    good: { leaderShare: 0.5, initialPlays: 20, redraws: 20 },
    bad: { leaderShare: notBetween(0, 1), initialPlays: notWholeFrom(0), redraws: notWholeFrom(0) },
  }),
  domainRow({
    name: 'ucb1',
    call: ucb1,
    good: { c: 1, discount: 1 },
    bad: { c: badScale, discount: badDiscount },
  }),
  domainRow({
    name: 'withFloor',
    call: ({ shares, floor }: { shares: readonly number[]; floor: number }) => withFloor(shares, floor),
    good: { shares: [0.5, 0.3, 0.2], floor: 0.1 },
    bad: { shares: badShares, floor: notBetween(0, 1 / 3) },
  }),
];
