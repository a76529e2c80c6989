/**
 * One block of an experiment: the outcomes between two looks, all arms over the same time, added up. This is the boundary of the analysis: what
 * cannot be is refused by name, because one NaN folded in would poison every later verdict. It folds nothing.
 */
import { requireScoreSums } from '../betting.ts';
import { requireWhole } from '../../math/require.ts';
import { requireCounts } from '../tlg.ts';
import { armsOf, metricsOf, requireRecord, type ExperimentDesign, type MetricSpec } from './design.ts';
import { requireLabelled } from './label-rates.ts';

/** Trials and successes. Fractional successes (an outcome between 0 and 1) keep the test valid and make it conservative. */
export interface ProportionBlock {
  readonly kind: 'proportion';
  readonly n: number;
  readonly successes: number;
}

/** Single scores in 0..1, in any order. */
export interface ScoresBlock {
  readonly kind: 'scores';
  readonly scores: readonly number[];
}

/** Scores added up by a database, which also adds up what the bets in force earned (`ExperimentBlock.bets`). */
export interface ScoreSumsBlock {
  readonly kind: 'scoreSums';
  readonly n: number;
  readonly sum: number;
  readonly sumOfSquares: number;
}

/** Values on the metric's scale: of the logarithms, or of the values cut at the cap, where the design says so. */
export interface MeanBlock {
  readonly kind: 'mean';
  readonly n: number;
  readonly sum: number;
  readonly sumOfSquares: number;
}

/** How many of n values were above the frozen quantile, and above it widened by the relative margin (where there is one). */
export interface TailBlock {
  readonly kind: 'tail';
  readonly n: number;
  readonly above: number;
  readonly aboveWidened?: number;
}

export type MetricBlock = ProportionBlock | ScoresBlock | ScoreSumsBlock | MeanBlock | TailBlock;

/**
 * - `no`: which block it is; rising. One that is not above the last one folded changes nothing.
 * - `stage`: raised when something else than the weights changed and outcomes before and after must not be pooled into one mean. 0 when left out.
 * - `weights`: assignment weights in force during the block, above 0, of every arm that took units. They need not sum to 1.
 * - `exposures`: units assigned for the first time, per arm in `weights`; left out when nobody counted.
 * - `labelled`: per arm in `weights`, of the units whose time to be labelled ended in this block, how many there were and how many got a label;
 *   left out when nobody counted, or where each unit has its outcome at once.
 * - `arms`: per arm, per metric id. An arm or metric that is absent brought nothing: for scores and means that counts as no outcome of an
 *   arm that took part, so a block of which one arm's data got lost must not be given at all.
 * - `bets`: for `scoreSums`, per key of `nextExperimentBets` the sum of ln(1 + stake Z); `afterBlockNo` says which state the bets came from.
 */
export interface ExperimentBlock {
  readonly no: number;
  readonly stage?: number;
  readonly weights: Readonly<Record<string, number>>;
  readonly exposures?: Readonly<Record<string, number>>;
  readonly labelled?: Readonly<Record<string, { readonly exposures: number; readonly labels: number }>>;
  readonly arms: Readonly<Record<string, Readonly<Record<string, MetricBlock>>>>;
  readonly bets?: {
    readonly afterBlockNo: number | null;
    readonly logGrowth: Readonly<Record<string, number>>;
  };
}

const KINDS = {
  proportion: ['proportion'],
  score: ['scores', 'scoreSums'],
  mean: ['mean'],
  tail: ['tail'],
} as const satisfies Record<MetricSpec['kind'], readonly MetricBlock['kind'][]>;

/** Rounding that sums may carry, relative. */
const ROUNDING = 1e-9;

/** Beyond this a sum of squares would overflow when it is merged, and poison what was folded before. */
const LARGEST_SQUARES = 1e250;

const requireMean = ({ n, sum, sumOfSquares }: MeanBlock, metric: MetricSpec, at: string): void => {
  if (!Number.isFinite(sum)) throw new RangeError(`${at}.sum must be a finite number, got ${sum}`);
  const least = n === 0 ? 0 : (sum * sum) / n;
  if (
    !(sumOfSquares >= least * (1 - ROUNDING) && sumOfSquares <= LARGEST_SQUARES) ||
    (n === 0 && sum !== 0)
  ) {
    throw new RangeError(
      `${at}.sumOfSquares must be from sum^2/n (${least}) to ${LARGEST_SQUARES}, got ${sumOfSquares}`,
    );
  }
  if (metric.kind === 'mean' && metric.scale.kind === 'winsorised') {
    const most = n * metric.scale.cap;
    if (sum > most * (1 + ROUNDING)) {
      throw new RangeError(
        `${at}.sum of values cut at ${metric.scale.cap} must be at most ${most}, got ${sum}`,
      );
    }
  }
};

const requireTail = (block: TailBlock, at: string): void => {
  const above = requireCounts(block.n, block.above, `${at}.n`, `${at}.above`);
  if (block.aboveWidened === undefined) return;
  const widened = requireCounts(block.n, block.aboveWidened, `${at}.n`, `${at}.aboveWidened`);
  if (widened > above) {
    throw new RangeError(`${at}.aboveWidened must be at most above (${above}), got ${widened}`);
  }
};

const requireMetricBlock = (block: MetricBlock, metric: MetricSpec, at: string): void => {
  requireRecord(at, block);
  const kinds: readonly string[] = KINDS[metric.kind];
  if (!kinds.includes(block.kind)) {
    throw new TypeError(`${at}.kind must be ${kinds.join(' or ')}, got ${block.kind}`);
  }
  if (block.kind !== 'scores') requireWhole(`${at}.n`, block.n, 0);
  if (block.kind === 'proportion') requireCounts(block.n, block.successes, `${at}.n`, `${at}.successes`);
  else if (block.kind === 'mean') requireMean(block, metric, at);
  else if (block.kind === 'tail') requireTail(block, at);
  else if (block.kind === 'scores') {
    if (!Array.isArray(block.scores)) throw new TypeError(`${at}.scores must be a list`);
    for (const score of block.scores) {
      if (!(score >= 0 && score <= 1)) throw new RangeError(`${at}.scores must be from 0 to 1, got ${score}`);
    }
  } else requireScoreSums(block, at);
};

const requireNumbers = (
  record: Readonly<Record<string, number>>,
  names: readonly string[],
  at: string,
  above: boolean,
): void => {
  for (const [name, value] of Object.entries(record)) {
    if (!names.includes(name)) throw new RangeError(`${at} must name arms of the design, got ${name}`);
    if (!(above ? value > 0 : value >= 0) || value === Infinity) {
      throw new RangeError(
        `${at}.${name} must be a finite number ${above ? 'above' : 'from'} 0, got ${value}`,
      );
    }
  }
};

/** How many outcomes a metric's block holds. */
export const countOf = (block: MetricBlock): number =>
  block.kind === 'scores' ? block.scores.length : block.n;

/** One metric of one arm; null when nothing of it arrived. */
export const metricOf = (block: ExperimentBlock, arm: string, metric: MetricSpec): MetricBlock | null => {
  const outcomes = Object.hasOwn(block.arms, arm) ? block.arms[arm]! : {};
  const found = Object.hasOwn(outcomes, metric.id) ? outcomes[metric.id]! : null;
  return found === null || countOf(found) === 0 ? null : found;
};

/**
 * Refuses a block that does not fit the design or cannot be.
 * @throws RangeError or TypeError that begins with `block` and names the field.
 */
export const requireBlock = (block: ExperimentBlock, design: ExperimentDesign): void => {
  if (!Number.isSafeInteger(block.no)) {
    throw new RangeError(`block.no must be a whole number, got ${block.no}`);
  }
  if (block.stage !== undefined && !Number.isSafeInteger(block.stage)) {
    throw new RangeError(`block.stage must be a whole number, got ${block.stage}`);
  }
  const [arms, metrics] = [armsOf(design), metricsOf(design)];
  requireRecord('block.weights', block.weights);
  requireRecord('block.arms', block.arms);
  requireNumbers(block.weights, arms, 'block.weights', true);
  if (block.exposures !== undefined) {
    requireRecord('block.exposures', block.exposures);
    requireNumbers(block.exposures, Object.keys(block.weights), 'block.exposures', false);
  }
  requireLabelled(block);
  for (const [arm, outcomes] of Object.entries(block.arms)) {
    if (!arms.includes(arm)) throw new RangeError(`block.arms must name arms of the design, got ${arm}`);
    if (!Object.hasOwn(block.weights, arm)) {
      throw new RangeError(`block.weights must name every arm that has outcomes, and ${arm} is missing`);
    }
    requireRecord(`block.arms.${arm}`, outcomes);
    for (const [id, outcome] of Object.entries(outcomes)) {
      const metric = metrics.find((one) => one.id === id);
      if (metric === undefined) {
        throw new RangeError(`block.arms.${arm} must hold metrics of the design, got ${id}`);
      }
      requireMetricBlock(outcome, metric, `block.arms.${arm}.${id}`);
    }
  }
};
