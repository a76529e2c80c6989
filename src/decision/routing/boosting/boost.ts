/**
 * Gradient-boosted trees for several outputs of the same row: rates of 0..1 outcomes or means of amounts. Second-order steps with shrinkage and rows sampled
 * per tree (Chen, Guestrin, KDD 2016; Friedman 2002); the number of trees is for the caller to choose by the loss on rows held out.
 *
 * All outputs share the splits: what makes a request hard is mostly the same for every model, so splits are found from all outcomes
 * together, and the models' rates at a leaf come from the same requests, which makes their differences as exact as paired ones.
 */
import { requireFinite, requirePositive, requireWhole } from '../../../math/require.ts';
import type { Random } from '../../../math/random.ts';
import { classOf, findCuts } from './bins.ts';
import { derivativesOf, meanLoss, sigmoid, type BoostTarget, type Outcomes } from './loss.ts';
import { growTree, leafAt, type Tree } from './tree.ts';

/** Plain JSON: the base scores and the trees on top of them. `scale` is what a score of 1 stands for; 1 for rates, whose scores are logits. */
export interface BoostedTrees {
  readonly target: BoostTarget;
  readonly features: number;
  readonly base: readonly number[];
  readonly scale: readonly number[];
  readonly trees: readonly Tree[];
}

export interface BoostOptions {
  readonly trees: number;
  readonly depth: number;
  /** What each tree's step is shrunk by, above 0 to 1. */
  readonly shrinkage: number;
  /** Share of the rows that each tree sees, above 0 to 1. */
  readonly subsample: number;
  /** Ridge term on leaf values, above 0. */
  readonly lambda: number;
  readonly minLeafRows: number;
  /** Most classes that a feature is cut into. */
  readonly bins: number;
}

/** Shallow trees in small steps: what some hundred outcomes of each model can bear. */
export const BOOST_OPTIONS: BoostOptions = {
  trees: 60,
  depth: 2,
  shrinkage: 0.1,
  subsample: 0.7,
  lambda: 5,
  minLeafRows: 15,
  bins: 32,
};

/** Rows of features with the outcomes of each. */
export interface BoostData {
  readonly x: readonly (readonly number[])[];
  readonly y: readonly Outcomes[];
}

/** `heldLoss[t]` is the mean loss on the held-out rows after t trees, from 0 trees on; empty when none were held out. */
export interface Boosted {
  readonly model: BoostedTrees;
  readonly heldLoss: readonly number[];
}

const LARGEST_OUTCOME = 1e100;

/** @throws RangeError naming the option. */
export const requireBoostOptions = (options: BoostOptions): void => {
  requireWhole('trees', options.trees, 0);
  requireWhole('depth', options.depth, 1);
  requireWhole('minLeafRows', options.minLeafRows, 1);
  requireWhole('bins', options.bins, 2);
  requirePositive('lambda', options.lambda);
  for (const name of ['shrinkage', 'subsample'] as const) {
    const value = options[name];
    if (!(value > 0 && value <= 1))
      throw new RangeError(`${name} must be above 0 and at most 1, got ${value}`);
  }
};

const requireData = (name: string, { x, y }: BoostData, target: BoostTarget, like: BoostData): void => {
  if (x.length !== y.length || x.length === 0) {
    throw new RangeError(`${name} must have rows, as many in x as in y, got ${x.length} and ${y.length}`);
  }
  x.forEach((row, i) => {
    if (row.length !== like.x[0]!.length || y[i]!.length !== like.y[0]!.length) {
      throw new RangeError(`${name}.x[${i}] and its outcomes must be as many as in the first row of train`);
    }
    row.forEach((value, j) => requireFinite(`${name}.x[${i}][${j}]`, value));
    y[i]!.forEach((value, k) => {
      if (value === null) return;
      const fine = target === 'rate' ? value >= 0 && value <= 1 : Math.abs(value) <= LARGEST_OUTCOME;
      if (!fine)
        throw new RangeError(
          `${name}.y[${i}][${k}] must be ${target === 'rate' ? 'from 0 to 1' : 'finite'}, got ${value}`,
        );
    });
  });
};

/** Base scores and scales from what was observed of each output: half an outcome of either kind is added to a rate, so that none is 0 or 1. */
const startOf = (target: BoostTarget, y: readonly Outcomes[]): Pick<BoostedTrees, 'base' | 'scale'> => {
  const observed = y[0]!.map((_, k) => y.flatMap((outcomes) => outcomes[k] ?? []));
  const sums = observed.map((values) => values.reduce((sum, value) => sum + value, 0));
  if (target === 'rate') {
    const base = sums.map((sum, k) => Math.log((sum + 0.5) / (observed[k]!.length - sum + 0.5)));
    return { base, scale: sums.map(() => 1) };
  }
  const sizes = observed.map(
    (values) => values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length,
  );
  const scale = sizes.map((size) => (size > 0 ? size : 1));
  return { base: sums.map((sum, k) => sum / Math.max(1, observed[k]!.length) / scale[k]!), scale };
};

const addTo = (scores: number[], leaf: readonly number[]): void => {
  for (let k = 0; k < scores.length; k++) scores[k]! += leaf[k]!;
};

/**
 * Boosts `options.trees` trees on `train`. The same data, options and `random` give the same model.
 * @param held rows to take the loss on after each tree, never learned from; null for none.
 * @throws RangeError naming `train`, `held` or an option.
 */
export const boost = (
  target: BoostTarget,
  train: BoostData,
  held: BoostData | null,
  options: BoostOptions,
  random: Random,
): Boosted => {
  requireBoostOptions(options);
  requireData('train', train, target, train);
  if (held !== null) requireData('held', held, target, train);
  const cuts = findCuts(train.x, options.bins);
  const classes = cuts.map((list, feature) => train.x.map((row) => classOf(list, row[feature]!)));
  const { base, scale } = startOf(target, train.y);
  const inScale = (rows: readonly Outcomes[]): readonly Outcomes[] =>
    rows.map((outcomes) => outcomes.map((y, k) => (y === null ? null : y / scale[k]!)));
  const y = inScale(train.y);
  const heldY = inScale(held?.y ?? []);
  const scores = train.x.map(() => base.slice());
  const heldScores = heldY.map(() => base.slice());
  const heldLoss = held === null ? [] : [meanLoss(target, heldScores, heldY)];
  const trees: Tree[] = [];
  for (let t = 0; t < options.trees; t++) {
    const rows = train.x.flatMap((_, i) => (random.next() < options.subsample ? [i] : []));
    const tree = growTree({ cuts, classes }, derivativesOf(target, scores, y, base.length), rows, options);
    trees.push(tree);
    scores.forEach((row, i) => addTo(row, leafAt(tree, train.x[i]!)));
    if (held === null) continue;
    heldScores.forEach((row, i) => addTo(row, leafAt(tree, held.x[i]!)));
    heldLoss.push(meanLoss(target, heldScores, heldY));
  }
  return { model: { target, features: train.x[0]!.length, base, scale, trees }, heldLoss };
};

/**
 * What the trees expect of each output: rates from 0 to 1, or means.
 * @throws RangeError naming `x`.
 */
export const predict = (model: BoostedTrees, x: readonly number[]): readonly number[] => {
  const { target, features, base, scale, trees } = model;
  if (x.length !== features) throw new RangeError(`x must have ${features} features, got ${x.length}`);
  x.forEach((value, i) => requireFinite(`x[${i}]`, value));
  const scores = base.slice();
  for (const tree of trees) addTo(scores, leafAt(tree, x));
  return scores.map((score, k) => (target === 'rate' ? sigmoid(score) : score * scale[k]!));
};

/** The model with its first `count` trees only: what boosting stopped there would have given. */
export const truncated = (model: BoostedTrees, count: number): BoostedTrees => ({
  ...model,
  trees: model.trees.slice(0, count),
});
