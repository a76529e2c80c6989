/**
 * Which of several variants differ from control, from the evidence of their e-processes: valid at any stopping time and any number of looks.
 * Holm holds the chance of any false winner; e-BH (Wang, Ramdas, JRSSB 84, 2022) the expected share of false ones, under any dependence.
 */
import { alwaysValidP } from '../tlg.ts';
import { holm } from '../multiple-testing.ts';
import { requireAlpha } from './arguments.ts';

const requireEvidence = (logE: readonly number[], name: string, least: number): void => {
  if (!Array.isArray(logE)) throw new TypeError(`${name} must be a list of numbers`);
  logE.forEach((value, i) => {
    if (!Number.isFinite(value) || value < least) {
      const domain = least === 0 ? 'a finite number from 0' : 'a finite number';
      throw new RangeError(`${name}[${i}] must be ${domain}, got ${value}`);
    }
  });
};

/**
 * Always-valid p-values adjusted by Holm, in input order, from the largest log e-value of each variant so far. A variant is a winner when its
 * own is at most alpha. As the evidence only grows, an adjusted p never rises from look to look: a winner stays one.
 * @throws TypeError or RangeError naming `maxLogE`: finite, from 0 (an e-process starts at 1).
 */
export const holmOfEvidence = (maxLogE: readonly number[]): readonly number[] => {
  requireEvidence(maxLogE, 'maxLogE', 0);
  return holm(maxLogE.map(alwaysValidP));
};

/** What e-BH finds, in input order. `adjusted` is the smallest level at which that one would be found. */
export interface EvidenceDiscoveries {
  readonly found: readonly boolean[];
  readonly adjusted: readonly number[];
}

/**
 * e-BH on e-values at the present look (`logE`, their logarithms): finds the k largest for the largest k with e_(k) >= m / (alpha k). The
 * e-values must be those of one stopping time for all; the running maximum of an e-process is none, so take `logE`, not `maxLogE`.
 * @throws TypeError or RangeError naming `logE` (finite) or `alpha`.
 */
export const benjaminiHochbergOfEvidence = (logE: readonly number[], alpha: number): EvidenceDiscoveries => {
  requireEvidence(logE, 'logE', -Infinity);
  requireAlpha(alpha);
  const descending = [...logE.keys()].sort((i, j) => logE[j]! - logE[i]! || i - j);
  const adjusted = Array.from<number>({ length: logE.length });
  let smallest = 1;
  for (let rank = logE.length - 1; rank >= 0; rank--) {
    const at = descending[rank]!;
    smallest = Math.min(smallest, Math.exp(Math.log(logE.length / (rank + 1)) - logE[at]!));
    adjusted[at] = smallest;
  }
  return { found: adjusted.map((level) => level <= alpha), adjusted };
};
