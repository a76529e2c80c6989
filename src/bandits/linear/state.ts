/**
 * What the linear policies know: per arm the sums of x x' and of reward times x, nothing else. Sums add up, so shards merge, and no inverse is
 * kept, so nothing drifts. The ridge term (the prior) is not part of the state: it belongs to the policy and does not fade.
 *
 * Not a model of anything but a line: a category must come as one slot per value, and a quantity scaled to about one
 * (`features/`), because the ridge term weighs all slots alike.
 */
import { zeros } from '../../math/cholesky.ts';
import { requireClosedUnit } from '../../math/require.ts';
import { requireArm, requireArms } from '../arguments.ts';

/** Sums over an arm's plays: how many (effective under a discount), x x' as its lower triangle row by row, and reward times x. */
export interface LinearArm {
  readonly n: number;
  readonly xx: readonly number[];
  readonly xr: readonly number[];
}

/** `encoding` says which features the contexts hold, null when the caller made them by hand; a state is never read with another one. */
export interface LinearState {
  readonly dimension: number;
  readonly encoding: string | null;
  readonly arms: readonly LinearArm[];
}

/** The contexts that a policy takes. */
export interface ContextShape {
  readonly dimension: number;
  readonly encoding: string | null;
}

/** Larger features would drown the ridge term; a token count has its own slot in `features/`. */
export const LARGEST_FEATURE = 1e9;

/** @throws RangeError naming `context`. */
export const requireContext = (context: readonly number[], dimension: number): void => {
  if (!Array.isArray(context) || context.length !== dimension) {
    throw new RangeError(`context must be a list of ${dimension} numbers, got ${JSON.stringify(context)}`);
  }
  for (let i = 0; i < dimension; i++) {
    const value: unknown = context[i];
    if (typeof value !== 'number' || !(Math.abs(value) <= LARGEST_FEATURE)) {
      throw new RangeError(
        `context[${i}] must be a number up to ${LARGEST_FEATURE} in size, got ${String(value)}`,
      );
    }
  }
};

/** @throws RangeError beginning with `name` when a state was learned from other features than `shape`. */
export const requireShape = (name: string, state: LinearState, shape: ContextShape): void => {
  if (state.dimension !== shape.dimension || state.encoding !== shape.encoding) {
    throw new RangeError(
      `${name} was learned from ${state.dimension} features by encoding ${state.encoding ?? 'none'}, ` +
        `the policy takes ${shape.dimension} by encoding ${shape.encoding ?? 'none'}`,
    );
  }
};

/** @throws RangeError naming `arms`. */
export const startLinear = (arms: number, { dimension, encoding }: ContextShape): LinearState => {
  requireArms(arms);
  const nothing: LinearArm = {
    n: 0,
    xx: zeros((dimension * (dimension + 1)) / 2),
    xr: zeros(dimension),
  };
  return { dimension, encoding, arms: Array.from({ length: arms }, () => nothing) };
};

const faded = ({ n, xx, xr }: LinearArm, share: number): LinearArm => ({
  n: n * share,
  xx: xx.map((value) => value * share),
  xr: xr.map((value) => value * share),
});

/**
 * Every sum times `share`, from 0 (nothing is left) to 1 (nothing changes): what to do once after an alarm of a drift detector.
 * @throws RangeError naming `share`.
 */
export const fadeLinear = (state: LinearState, share: number): LinearState => {
  requireClosedUnit('share', share);
  return { ...state, arms: state.arms.map((sums) => faded(sums, share)) };
};

const observed = ({ n, xx, xr }: LinearArm, x: readonly number[], reward: number): LinearArm => {
  const [products, rewards] = [xx.slice(), xr.slice()];
  let at = 0;
  for (let i = 0; i < x.length; i++) {
    rewards[i]! += reward * x[i]!;
    for (let j = 0; j <= i; j++) products[at++]! += x[i]! * x[j]!;
  }
  return { n: n + 1, xx: products, xr: rewards };
};

/** The state after a reward of `arm`: all arms fade by `discount` (1 for none), then the reward is added. */
export const learnLinear = (
  state: LinearState,
  context: readonly number[],
  arm: number,
  reward: number,
  discount: number,
): LinearState => {
  requireArm(arm, state.arms.length);
  const arms = discount === 1 ? state.arms.slice() : state.arms.map((sums) => faded(sums, discount));
  arms[arm] = observed(arms[arm]!, context, reward);
  return { ...state, arms };
};

/**
 * Two shards as one.
 * @throws RangeError naming `b` when it knows another number of arms or other features.
 */
export const mergeLinear = (a: LinearState, b: LinearState): LinearState => {
  requireShape('b', b, a);
  if (a.arms.length !== b.arms.length) {
    throw new RangeError(`b must know ${a.arms.length} arms as a does, got ${b.arms.length}`);
  }
  return {
    ...a,
    arms: a.arms.map((one, i) => {
      const other = b.arms[i]!;
      return {
        n: one.n + other.n,
        xx: one.xx.map((value, k) => value + other.xx[k]!),
        xr: one.xr.map((value, k) => value + other.xr[k]!),
      };
    }),
  };
};
