/**
 * Worlds that experiments run in: units come at a steady rate, each is given an arm by the weights in force, and its outcomes are drawn. What comes
 * out is what the store would give: one window per stretch of time.
 */
import type { ExperimentArmWindow, ExperimentWindow } from '../../../src/domain/experiment-window.ts';
import type { ArmWindow, WindowStats } from '../../../src/domain/window.ts';
import { sampleBeta, sampleBinomial, type Random } from '../../../src/math/index.ts';
import type { Weights } from '../../../src/state/experiment/index.ts';

export interface World {
  readonly window: (fromMs: number, toMs: number, weights: Weights) => ExperimentWindow;
}

/** Shares of good answers, by arm. */
export type Rates = Readonly<Record<string, number>>;

/** Share of requests that fail, in every arm. */
export const ERROR_RATE = 0.01;

const counts = (count: number, sum: number): WindowStats => ({
  count,
  sum,
  sumOfSquares: sum,
  min: null,
  max: null,
  sketch: null,
});

const armOf = (
  unitFirst: ArmWindow,
  all: ArmWindow,
  exposures: number,
  provider = 'model',
): ExperimentArmWindow => ({
  unitFirst,
  all,
  exposures,
  labelled: exposures,
  providers: [provider],
});

/** How many units come in a stretch, whole ones, the rest kept for the next. */
const arrivals = (perMs: number): ((ms: number) => number) => {
  let owed = 0;
  return (ms) => {
    owed += ms * perMs;
    const whole = Math.floor(owed);
    owed -= whole;
    return whole;
  };
};

/** Units that each come once: what is first is all there is. What answers changes every `changesEveryMs`, in all arms at once and for nobody the better. */
export const independentUnits = (
  rates: Rates,
  unitsPerMs: number,
  random: Random,
  changesEveryMs = Infinity,
): World => {
  const arrive = arrivals(unitsPerMs);
  return {
    window: (fromMs, toMs, weights) => {
      const arms: Record<string, ExperimentArmWindow> = {};
      let [left, weightLeft] = [arrive(toMs - fromMs), 1];
      for (const [arm, weight] of Object.entries(weights)) {
        const n = weightLeft <= weight ? left : sampleBinomial(left, weight / weightLeft, random);
        left -= n;
        weightLeft -= weight;
        const outcomes = {
          quality: counts(n, sampleBinomial(n, rates[arm]!, random)),
          error: counts(n, sampleBinomial(n, ERROR_RATE, random)),
        };
        arms[arm] = armOf(outcomes, outcomes, n, `model ${Math.floor(fromMs / changesEveryMs)}`);
      }
      return { fromMs, toMs, arms };
    },
  };
};

/** How often users come: a few often, most hardly ever (the k-th in proportion to 1 / k). Drawn by Walker's alias table, which is made once. */
export const zipfUsers = (users: number): ((random: Random) => number) => {
  const weights = Array.from({ length: users }, (_, k) => 1 / (k + 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const scaled = weights.map((weight) => (weight * users) / total);
  const alias = scaled.map((_, k) => k);
  const small = scaled.flatMap((value, k) => (value < 1 ? [k] : []));
  const large = scaled.flatMap((value, k) => (value < 1 ? [] : [k]));
  while (small.length > 0 && large.length > 0) {
    const [less, more] = [small.pop()!, large.at(-1)!];
    alias[less] = more;
    scaled[more]! -= 1 - scaled[less]!;
    if (scaled[more]! < 1) small.push(large.pop()!);
  }
  return (random) => {
    const at = random.next() * users;
    const k = Math.floor(at);
    return at - k < scaled[k]! ? k : alias[k]!;
  };
};

export interface UsersWorld {
  readonly rate: number;
  /** Correlation of the outcomes of one user, 0..1. */
  readonly correlation: number;
  readonly users: number;
  readonly requestsPerMs: number;
  readonly draw: (random: Random) => number;
  /** What counts as a unit: each user once, by the first outcome; or every request, in what it brought or in how many were exposed. */
  readonly outcomes: 'unitFirst' | 'all';
  readonly exposures: 'unitFirst' | 'all';
}

/**
 * Users who come again and again, each in one arm for good and with a rate of their own (beta around the mean), no arm better than another. A user's
 * arm is drawn at the first request, by the weights in force then.
 */
export const returningUsers = (
  { rate, correlation, users, requestsPerMs, draw, outcomes, exposures }: UsersWorld,
  random: Random,
): World => {
  const arrive = arrivals(requestsPerMs);
  const strength = 1 / correlation - 1;
  const ownRate = new Float64Array(users).fill(-1);
  const ownArm = new Int8Array(users);
  const armFor = (weights: readonly number[]): number => {
    let left = random.next();
    const at = weights.findIndex((weight) => (left -= weight) < 0);
    return at < 0 ? weights.length - 1 : at;
  };
  return {
    window: (fromMs, toMs, weights) => {
      const [names, shares] = [Object.keys(weights), Object.values(weights)];
      const first = names.map(() => ({ n: 0, good: 0 }));
      const all = names.map(() => ({ n: 0, good: 0 }));
      for (let left = arrive(toMs - fromMs); left > 0; left--) {
        const user = draw(random);
        const isNew = ownRate[user]! < 0;
        if (isNew) {
          ownRate[user] = sampleBeta(rate * strength, (1 - rate) * strength, random);
          ownArm[user] = armFor(shares);
        }
        const good = random.next() < ownRate[user]! ? 1 : 0;
        for (const tally of isNew ? [first, all] : [all]) {
          tally[ownArm[user]!]!.n += 1;
          tally[ownArm[user]!]!.good += good;
        }
      }
      const arms = names.map((arm, i) => {
        const [once, every] = [first[i]!, all[i]!];
        const counted = outcomes === 'unitFirst' ? once : every;
        const stats = { quality: counts(counted.n, counted.good), error: counts(counted.n, 0) };
        const of = { quality: counts(every.n, every.good), error: counts(every.n, 0) };
        return [arm, armOf(stats, of, exposures === 'unitFirst' ? once.n : every.n)] as const;
      });
      return { fromMs, toMs, arms: Object.fromEntries(arms) };
    },
  };
};
