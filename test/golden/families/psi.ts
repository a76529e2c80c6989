/** Population stability over a reference's bins. */
import { flooredPsi, psiBins, psiCounts, psiOfCounts } from '../../../src/analysis/index.ts';
import { goldenAdapter } from '../adapter.ts';

interface Input {
  readonly reference: readonly number[];
  readonly current: readonly number[];
  readonly bins: number;
}

export const adapter = goldenAdapter<Input>({
  family: 'psi',
  answer: ({ reference, current, bins }) => {
    const binned = psiBins(reference, bins);
    if (!binned.ok) return { undefined: binned.reason };
    const { edges, counts } = binned.value;
    const currentCounts = psiCounts(edges, current);
    const psi = psiOfCounts(counts, currentCounts);
    const floored = flooredPsi(counts, currentCounts);
    if (!psi.ok) return { undefined: psi.reason };
    if (!floored.ok) return { undefined: floored.reason };
    return {
      edges,
      counts_ref: counts,
      counts_cur: currentCounts,
      psi_jeffreys: psi.value.psi,
      psi_floor_1e4: floored.value,
      chi2_critical_99: psi.value.criticalPsi,
    };
  },
});
