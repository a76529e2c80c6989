/** Population stability of a trailing window over a fixed reference's bins, at every look, with its error spent over them. */
import { requireFinite } from '../../math/require.ts';
import { PSI_BINS, PSI_LEAST, psiBins, psiCounts, psiOfCounts } from '../drift/psi.ts';
import { exceeds, type Detector } from './detector.ts';
import {
  againstReference,
  referencePlan,
  type ReferenceOptions,
  type ReferenceState,
} from './reference-detector.ts';

export interface PsiDetectorOptions extends ReferenceOptions {
  /** Quantile bins of the reference; 10 unless told. */
  readonly bins?: number;
  /** PSI that matters however significant; .2 unless told. */
  readonly leastPsi?: number;
}

/**
 * Alarm where PSI is above both `leastPsi` and its significance bound. Sees large moves of a distribution only: .2 is about half a standard
 * deviation, and no change of a rate by ten points reaches it. At most `falseAlarmsPer100k`; next to none with the defaults. After an alarm it
 * learns a new reference. State O(reference + window); counts of several workers over the same bins merge by `mergePsiCounts`.
 * @throws RangeError naming an option.
 */
export const psiDetector = ({
  bins = PSI_BINS,
  leastPsi = PSI_LEAST,
  ...options
}: PsiDetectorOptions = {}): Detector<ReferenceState> => {
  const plan = referencePlan(options);
  psiBins([0], bins);
  requireFinite('leastPsi', leastPsi);
  if (leastPsi < 0) throw new RangeError(`leastPsi must not be negative, got ${leastPsi}`);
  return againstReference('psi', plan, (reference, current) => {
    const binned = psiBins(reference, bins);
    if (!binned.ok) return null;
    const { edges, counts } = binned.value;
    const psi = psiOfCounts(counts, psiCounts(edges, current), { alpha: plan.alpha, leastPsi });
    return psi.ok && psi.value.drift ? exceeds('changed', 'PSI', psi.value.psi, psi.value.threshold) : null;
  });
};
