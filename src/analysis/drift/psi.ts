/**
 * Population stability index: how far a sample's shares over a reference's quantile bins have moved, with the bound that says how far
 * they move by chance. Yurdakul, Naranjo, J. Risk Model Validation 14(4), 2020. Golden family `psi`.
 *
 * Under no drift PSI is about chi-square(k - 1) times 1/n + 1/m, so the customary .1 or .2 alone is an alarm at every look of small
 * samples (its mean is .17 at 100 against 100 in ten bins). It sees that a distribution moved, not by how many standard deviations.
 */
import { chiSquareQuantile } from '../../math/distributions/chi-square.ts';
import { requireFinite, requireOpenUnit, requireWhole } from '../../math/require.ts';
import { defined, undefinedBecause, type Statistic } from '../result.ts';
import { quantileOfSorted, sortedSample } from './sorted.ts';

/** The bins of a reference: bin i holds the values with exactly i edges at or below them. Fixed once, from the reference. */
export interface PsiBins {
  /** Distinct, upwards. */
  readonly edges: readonly number[];
  /** Of the reference, one per bin: one more than edges. */
  readonly counts: readonly number[];
}

export interface PsiOptions {
  /** Level of the significance bound; .01 unless told. */
  readonly alpha?: number;
  /** PSI that matters however significant; .2 unless told. */
  readonly leastPsi?: number;
}

export interface Psi {
  readonly psi: number;
  /** Chi-square quantile at 1 - alpha with k - 1 degrees of freedom, times 1/n + 1/m. */
  readonly criticalPsi: number;
  /** The larger of `leastPsi` and `criticalPsi`. */
  readonly threshold: number;
  readonly drift: boolean;
}

/** Added to each count, so that an empty bin has a share above 0 (Jeffreys). */
const PRIOR = 0.5;
export const PSI_ALPHA = 0.01;
export const PSI_LEAST = 0.2;
export const PSI_BINS = 10;

const binOf = (edges: readonly number[], value: number): number => {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
};

/**
 * How many of `values` fall into each bin of `edges`.
 * @throws RangeError naming `edges` (must increase) or `values` when an element is not finite.
 */
export const psiCounts = (edges: readonly number[], values: readonly number[]): readonly number[] => {
  edges.forEach((edge, i) => {
    requireFinite('edges', edge);
    if (i > 0 && edge <= edges[i - 1]!)
      throw new RangeError(`edges must increase, got ${edge} after ${edges[i - 1]}`);
  });
  const counts = Array.from({ length: edges.length + 1 }, () => 0);
  for (const value of values) {
    requireFinite('values', value);
    counts[binOf(edges, value)]! += 1;
  }
  return counts;
};

/**
 * Bins whose edges are the distinct type-7 quantiles of the reference at i / bins; equal quantiles collapse, so that few distinct
 * values give few bins. Undefined for an empty reference.
 * @throws RangeError naming `reference` when an element is not finite, or `bins` (a whole number from 2).
 */
export const psiBins = (reference: readonly number[], bins: number = PSI_BINS): Statistic<PsiBins> => {
  requireWhole('bins', bins, 2);
  const sorted = sortedSample('reference', reference);
  if (sorted.length === 0) return undefinedBecause('empty sample');
  const quantiles = Array.from({ length: bins - 1 }, (_, i) => quantileOfSorted(sorted, (i + 1) / bins));
  const edges = quantiles.filter((edge, i, all) => i === 0 || edge !== all[i - 1]);
  return defined({ edges, counts: psiCounts(edges, reference) });
};

const requireCounts = (name: string, counts: readonly number[], length: number): void => {
  if (counts.length !== length || !counts.every((n) => Number.isSafeInteger(n) && n >= 0)) {
    throw new RangeError(`${name} must be ${length} whole numbers from 0, got ${JSON.stringify(counts)}`);
  }
};

/** Counts of two parts of one sample over the same bins (two workers, two blocks). @throws RangeError naming `a` or `b`. */
export const mergePsiCounts = (a: readonly number[], b: readonly number[]): readonly number[] => {
  requireCounts('a', a, a.length);
  requireCounts('b', b, a.length);
  return a.map((count, i) => count + b[i]!);
};

const sumOf = (counts: readonly number[]): number => counts.reduce((sum, n) => sum + n, 0);

const divergence = (reference: readonly number[], current: readonly number[]): number =>
  reference.reduce((sum, p, i) => sum + (current[i]! - p) * Math.log(current[i]! / p), 0);

/**
 * PSI of counts over the same bins: the sum of (q - p) ln(q / p) over shares (count + .5) / (n + .5 k). Drift is psi above threshold.
 * Undefined when either has no observation.
 * @throws RangeError naming `reference`, `current`, `alpha` or `leastPsi`.
 */
export const psiOfCounts = (
  reference: readonly number[],
  current: readonly number[],
  { alpha = PSI_ALPHA, leastPsi = PSI_LEAST }: PsiOptions = {},
): Statistic<Psi> => {
  const k = reference.length;
  if (k < 2) throw new RangeError(`reference must have two or more bins, got ${k}`);
  requireCounts('reference', reference, k);
  requireCounts('current', current, k);
  requireOpenUnit('alpha', alpha);
  requireFinite('leastPsi', leastPsi);
  if (leastPsi < 0) throw new RangeError(`leastPsi must not be negative, got ${leastPsi}`);
  const [n, m] = [sumOf(reference), sumOf(current)];
  if (n === 0 || m === 0) return undefinedBecause('empty sample');
  const shares = (counts: readonly number[], total: number): readonly number[] =>
    counts.map((count) => (count + PRIOR) / (total + PRIOR * k));
  const psi = divergence(shares(reference, n), shares(current, m));
  const criticalPsi = chiSquareQuantile(1 - alpha, k - 1) * (1 / n + 1 / m);
  const threshold = Math.max(leastPsi, criticalPsi);
  return defined({ psi, criticalPsi, threshold, drift: psi > threshold });
};

/** Least share of a bin in `flooredPsi`. */
const FLOOR = 1e-4;

/**
 * PSI with shares floored at 1e-4 and not made to sum to one, as some monitoring products compute it: for comparison with their
 * dashboards only. It jumps where a bin is empty. Undefined when either has no observation.
 * @throws RangeError naming `reference` or `current`.
 */
export const flooredPsi = (reference: readonly number[], current: readonly number[]): Statistic<number> => {
  requireCounts('reference', reference, reference.length);
  requireCounts('current', current, reference.length);
  const [n, m] = [sumOf(reference), sumOf(current)];
  if (n === 0 || m === 0) return undefinedBecause('empty sample');
  const shares = (counts: readonly number[], total: number): readonly number[] =>
    counts.map((count) => Math.max(count / total, FLOOR));
  return defined(divergence(shares(reference, n), shares(current, m)));
};
