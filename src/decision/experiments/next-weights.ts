/**
 * Which shares an adaptive allocation would have next, from past outcomes only. It minimises regret and promises no power: Thompson
 * finds less than fixed weights do (`simulate experiments`). It proves nothing; inference stays with the evidence.
 *
 * Both rules are computed, not drawn. Thompson plays an arm with the chance that it is the best; T3C plays the best half of the time and else its
 * challenger, which depends on the totals alone. So the same totals always give the same weights, and no noise of draws moves traffic.
 */
import { chanceRateAbove, chanceRateBest, ratePosterior } from '../../analysis/index.ts';
import { withFloor } from '../../bandits/index.ts';
import { challengerOf, transportCosts } from '../../bandits/best-arm/challenger.ts';
import type { AllocationKind } from '../../domain/experiment.ts';
import type { Weights } from '../../state/experiment/index.ts';
import type { Totals } from './totals.ts';

/** Labels that every arm must have before anything is learned from any. */
const LEAST_LABELS = 20;

/** A change of less than this share is none: each change begins a new period and leaves minutes out. */
const LEAST_CHANGE = 0.01;

/** Weights are whole parts of this many. */
const PARTS = 1000;

interface Learned {
  readonly n: number;
  readonly sum: number;
  readonly m2: number;
}

const chancesToBeBest = (arms: readonly Learned[]): readonly number[] => {
  const posteriors = arms.map(({ n, sum }) => ratePosterior(sum, Math.max(0, n - sum)));
  if (posteriors.length > 2) return chanceRateBest(posteriors);
  const second = chanceRateAbove(posteriors[0]!, posteriors[1]!);
  return [1 - second, second];
};

/** Half to each leader by its chance to be the best, half to what stands most in that leader's way. */
const t3cShares = (arms: readonly Learned[], best: readonly number[]): readonly number[] => {
  const shares = best.map((chance) => chance / 2);
  best.forEach((chance, leader) => {
    const { arm } = challengerOf(transportCosts(arms, leader, { kind: 'bernoulli' }));
    shares[arm]! += chance / 2;
  });
  return shares;
};

/** Whole parts that sum to `PARTS`, by the largest remainder. */
const inParts = (shares: readonly number[]): readonly number[] => {
  const total = shares.reduce((sum, share) => sum + share, 0);
  const exact = shares.map((share) => (share / total) * PARTS);
  const parts = exact.map(Math.floor);
  const missing = PARTS - parts.reduce((sum, part) => sum + part, 0);
  const byRemainder = [...exact.keys()].sort(
    (i, j) => exact[j]! - parts[j]! - (exact[i]! - parts[i]!) || i - j,
  );
  for (const i of byRemainder.slice(0, missing)) parts[i]! += 1;
  return parts.map((part) => part / PARTS);
};

/**
 * The weights of the next period, or null where they stay: for a fixed allocation, until each arm has 20 labels, and when no arm's share would move
 * by a point.
 * @throws RangeError naming `floor` when no weights can keep to it.
 */
export const nextWeights = (
  { kind, floor }: { readonly kind: Exclude<AllocationKind, 'elimination'>; readonly floor: number },
  arms: readonly string[],
  totals: Totals,
  inForce: Weights,
): { readonly weights: Weights; readonly why: string } | null => {
  if (kind === 'fixed') return null;
  const learned = arms.map((arm): Learned => {
    const { labels = 0, qualityMean = null } = totals[arm] ?? {};
    // Of good and bad answers the sum is whole, whatever the mean's rounding: chances of whole counts are quick and exact.
    const sum = labels * (qualityMean ?? 0);
    const whole = Math.round(sum);
    return { n: labels, sum: Math.abs(sum - whole) < 1e-6 ? whole : sum, m2: 0 };
  });
  if (learned.some(({ n }) => n < LEAST_LABELS)) return null;
  const best = chancesToBeBest(learned);
  const total = best.reduce((sum, chance) => sum + chance, 0);
  const chances = best.map((chance) => chance / total);
  const shares = inParts(withFloor(kind === 'thompson' ? chances : t3cShares(learned, chances), floor));
  const moved = Math.max(...arms.map((arm, i) => Math.abs(shares[i]! - (inForce[arm] ?? 0))));
  if (moved < LEAST_CHANGE - 1e-9) return null;
  const words = arms.map((arm, i) => `${arm} best with ${(chances[i]! * 100).toFixed(0)} %`);
  return {
    weights: Object.fromEntries(arms.map((arm, i) => [arm, shares[i]!])),
    why: `${kind}: ${words.join(', ')}; minimises regret, power not promised`,
  };
};
