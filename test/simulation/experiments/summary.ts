/** What is read off experiments that have ended. */
import type { ExperimentRunState } from '../../../src/state/experiment/index.ts';

export interface Ended {
  readonly outcome: string;
  /** Whether any variant was ever called better or worse: evidence is sticky. */
  readonly declared: boolean;
  readonly winner: boolean;
  readonly broken: boolean;
  readonly difference: number | null;
  readonly covers: ((truth: number) => boolean) | null;
  /** Outcomes per arm, on average over control and the first variant. */
  readonly labels: number;
  readonly looks: number;
  /** Units in the first variant over all in the pair. */
  readonly shareOfVariant: number;
}

export const endedOf = ({ outcome, held, verdict, conclusion, looks }: ExperimentRunState): Ended => {
  const perVariant = verdict?.perVariant ?? [];
  const { control, variant } = perVariant[0]?.labels ?? { control: 0, variant: 0 };
  const { low, high } = conclusion?.effect ?? { low: null, high: null };
  return {
    outcome: outcome ?? (held === null ? 'none' : 'held'),
    declared: perVariant.some(({ status }) => status !== 'undecided'),
    winner: verdict?.outcome === 'winner',
    broken:
      verdict?.sampleRatio?.mismatch === true ||
      perVariant.some(({ labelParity }) => labelParity?.mismatch === true),
    difference: conclusion?.effect?.difference ?? null,
    covers: low === null || high === null ? null : (truth) => low <= truth && truth <= high,
    labels: (control + variant) / 2,
    looks,
    shareOfVariant: control + variant === 0 ? 0 : variant / (control + variant),
  };
};
