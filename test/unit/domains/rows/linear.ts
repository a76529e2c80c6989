/** Linear systems, linear policies, Q-learning. What policies themselves refuse is in their conformance suite. */
import * as fc from 'fast-check';
import {
  bayesianScale,
  estimateOffPolicy,
  fadeLinear,
  judgeOffPolicy,
  linUcb,
  linUcbScores,
  linearEpsilonGreedy,
  linearEstimates,
  linearPosterior,
  linearThompson,
  qLearning,
  type LoggedDecision,
} from '../../../../src/bandits/index.ts';
import {
  choleskyFactor,
  choleskyInverse,
  choleskyLowerSolve,
  choleskySolve,
} from '../../../../src/math/index.ts';
import {
  domainRow,
  notAbove,
  notBetween,
  notFinite,
  notWholeFrom,
  withOneNotFinite,
  type DomainRow,
} from '../row.ts';

const MATRIX = [2, 1, 1, 3];
const FACTOR = choleskyFactor(MATRIX, 2);
const STATE = linUcb({ dimension: 2 }).learn(linUcb({ dimension: 2 }).start(2), [1, 0.5], 0, 1);

const badSize = fc.oneof(notWholeFrom(1), fc.constant(0));
const badFactor = fc.oneof(withOneNotFinite(FACTOR), fc.constantFrom([], [1], [1, 0, 0, 0], [-1, 0, 0, 1]));
const badVector = fc.oneof(withOneNotFinite([1, 2]), fc.constantFrom([], [1], [1, 2, 3]));
const badLambda = fc.oneof(notAbove(0), fc.constantFrom(1e-12, 1e12));
const badDimension = fc.oneof(notWholeFrom(1), fc.constant(501));
const badDiscount = fc.oneof(notBetween(0, 1), fc.constant(0));
const badScale = fc.oneof(notAbove(0), fc.constant(1e200));
const shape = { dimension: 2, lambda: 1, discount: 0.9 };
const badShape = { dimension: badDimension, lambda: badLambda, discount: badDiscount };

const ROW: LoggedDecision = { propensity: 0.5, targetProbability: 0.3, reward: 1, qHat: 0.5, vHat: 0.5 };
const badLog = fc
  .oneof(
    fc.record({ propensity: fc.oneof(notBetween(0, 1), fc.constant(0)) }),
    fc.record({ targetProbability: notBetween(0, 1) }),
    fc.record({ reward: notFinite }),
    fc.record({ qHat: notFinite }),
    fc.record({ vHat: notFinite }),
    fc.constant({ vHat: undefined }),
  )
  .map((bad) => [ROW, { ...ROW, ...bad }]);

export const rows: readonly DomainRow[] = [
  domainRow({
    name: 'choleskyFactor',
    call: ({ matrix, size }: { matrix: number[]; size: number }) => choleskyFactor(matrix, size),
    good: { matrix: MATRIX, size: 2 },
    bad: {
      matrix: fc.oneof(
        withOneNotFinite(MATRIX),
        fc.constantFrom([], [1, 2], [1, 2, 2, 1], [1, 1, 1, 1], [2, 1, 0, 2], [0, 0, 0, 0]),
      ),
      size: badSize,
    },
  }),
  domainRow({
    name: 'choleskyLowerSolve',
    call: ({ factor, size, b }: { factor: readonly number[]; size: number; b: number[] }) =>
      choleskyLowerSolve(factor, size, b),
    good: { factor: FACTOR, size: 2, b: [1, 2] },
    bad: { factor: badFactor, size: badSize, b: badVector },
  }),
  domainRow({
    name: 'choleskySolve',
    call: ({ factor, size, b }: { factor: readonly number[]; size: number; b: number[] }) =>
      choleskySolve(factor, size, b),
    good: { factor: FACTOR, size: 2, b: [1, 2] },
    bad: { factor: badFactor, size: badSize, b: badVector },
  }),
  domainRow({
    name: 'choleskyInverse',
    call: ({ factor, size }: { factor: readonly number[]; size: number }) => choleskyInverse(factor, size),
    good: { factor: FACTOR, size: 2 },
    bad: { factor: badFactor, size: badSize },
  }),
  domainRow({
    name: 'linUcb',
    call: linUcb,
    good: { ...shape, alpha: 1 },
    bad: { ...badShape, alpha: badScale },
  }),
  domainRow({
    name: 'linearThompson',
    call: linearThompson,
    good: { ...shape, v: 0.5 },
    bad: { ...badShape, v: badScale },
  }),
  domainRow({
    name: 'linearEpsilonGreedy',
    call: linearEpsilonGreedy,
    good: { ...shape, epsilon: 0.1 },
    bad: { ...badShape, epsilon: notBetween(0, 1) },
  }),
  domainRow({
    name: 'linUcbScores',
    call: ({ alpha }: { alpha: number }) => linUcbScores([{ mean: 0.5, width: 0.1 }], alpha),
    good: { alpha: 1 },
    bad: { alpha: badScale },
  }),
  domainRow({
    name: 'linearEstimates',
    call: ({ context, lambda }: { context: number[]; lambda: number }) =>
      linearEstimates(STATE, context, { lambda }),
    good: { context: [1, 0], lambda: 1 },
    bad: { context: fc.oneof(badVector, fc.constantFrom([1e10, 0], ['1', 0])), lambda: badLambda },
  }),
  domainRow({
    name: 'linearPosterior',
    call: ({ arm, lambda, v }: { arm: number; lambda: number; v: number }) =>
      linearPosterior(STATE, arm, { lambda, v }),
    good: { arm: 1, lambda: 1, v: 1 },
    bad: { arm: fc.constantFrom(-1, 2, 0.5, Number.NaN), lambda: badLambda, v: badScale },
  }),
  domainRow({
    name: 'bayesianScale',
    call: bayesianScale,
    good: { noiseVariance: 0.25, priorVariance: 1 },
    bad: { noiseVariance: fc.oneof(badScale, fc.constant(1e10)), priorVariance: badScale },
  }),
  domainRow({
    name: 'fadeLinear',
    call: ({ share }: { share: number }) => fadeLinear(STATE, share),
    good: { share: 0.5 },
    bad: { share: notBetween(0, 1) },
  }),
  domainRow({
    name: 'qLearning',
    call: qLearning,
    good: { states: 3, actions: 2, alpha: 0.5, gamma: 0.9 },
    bad: {
      states: badSize,
      actions: badSize,
      alpha: fc.oneof(notBetween(0, 1), fc.constant(0)),
      gamma: notBetween(0, 1),
    },
  }),
  domainRow({
    name: 'estimateOffPolicy',
    call: ({ log, clip }: { log: readonly LoggedDecision[]; clip: number }) =>
      estimateOffPolicy(log, { clip }),
    good: { log: [ROW], clip: 10 },
    bad: { log: badLog, clip: notAbove(0) },
  }),
  domainRow({
    name: 'judgeOffPolicy',
    call: ({ log, alpha, clip }: { log: readonly LoggedDecision[]; alpha: number; clip: number }) =>
      judgeOffPolicy(log, { alpha, clip }),
    good: { log: [ROW], alpha: 0.05, clip: 10 },
    bad: { log: badLog, alpha: notBetween(0, 1, 'open'), clip: notAbove(0) },
  }),
];
