/** Which required guardrail takes longest to be shown to be kept, and how long. It proves nothing. */
import type { GuardrailSpec } from '../../domain/guardrail.ts';
import { neededToRuleOut, type Shares } from './labels-needed.ts';
import type { SizingInput } from './sizing-input.ts';

/**
 * The guardrail whose proof takes longest, in outcomes of the primary metric: `perArm` between its median and its 95 % quantile, `capPerArm` where
 * nearly all proofs are done.
 */
export interface Proof {
  readonly id: GuardrailSpec['id'];
  readonly perArm: number;
  readonly capPerArm: number;
}

/** With less than this a proof that is planned for is too often not there in time, and nothing may win without it (`simulate experiments`, errors proven too). */
const CAP_OVER_PLANNED = 1.5;

/**
 * Null where none is planned for. Quality is known of labels, everything else of every unit. A guardrail whose rate nobody knows is not planned for, and neither is what is to get better: a
 * variant that is better by the minimum effect is shown not to be worse long before it is shown to be better.
 */
export const longestProof = (
  { primary, guardrails, baseline, alpha = 0.05 }: SizingInput,
  perHour: number,
  shares: Shares,
): Proof | null => {
  const rates = { quality: baseline.quality.mean, errorRate: baseline.errorRate };
  const proofs = guardrails
    .filter(({ id, required }) => required || (primary === 'cost' && id === 'quality'))
    .filter(({ id }) => id !== primary)
    .flatMap((spec): readonly Proof[] => {
      const needed = neededToRuleOut(spec, rates, shares, alpha);
      const itsRate = spec.id === 'quality' ? baseline.labelsPerHour : baseline.unitsPerHour;
      if (needed === null || !(itsRate > 0)) return [];
      const perArm = Math.ceil((needed * perHour) / itsRate);
      return [{ id: spec.id, perArm, capPerArm: Math.ceil(CAP_OVER_PLANNED * perArm) }];
    });
  return proofs.reduce<Proof | null>(
    (kept, proof) => (kept === null || proof.perArm > kept.perArm ? proof : kept),
    null,
  );
};
