/** What the evidence says about each variant, with the error probability shared among them by Holm. Total; picks no winner. */
import { ASYMPTOTIC_BURN_IN } from '../asymptotic.ts';
import { holmOfEvidence } from '../experiments/several-variants.ts';
import { alwaysValidP } from '../tlg.ts';
import { judgeExperimentGuardrail } from './judge-guardrail.ts';
import { labelLimit, labelRatesDiffer } from './label-rates.ts';
import { intervalOf, labelsLeft, observedOf } from './look.ts';
import type { ExperimentDesign } from './design.ts';
import type { ExperimentState, PrimaryEvidence } from './state.ts';
import type { VariantLook } from './verdict.ts';
import { comparisonInWords, inThousands, pInWords } from './wording.ts';

const statusOf = (
  { sign }: PrimaryEvidence,
  pAdjusted: number,
  design: ExperimentDesign,
): VariantLook['status'] => {
  if (pAdjusted > design.alpha) return 'undecided';
  if (design.alternative === 'better') return 'better';
  if (sign === 0) return 'undecided';
  return sign > 0 === (design.primary.direction === 'increase') ? 'better' : 'worse';
};

const whyUndecided = (
  { labels, superiority }: PrimaryEvidence,
  { design, stage }: ExperimentState,
): string => {
  const few = Math.min(labels.control, labels.variant);
  if (superiority.kind === 'sequence' && stage !== null && stage.no >= design.stages) {
    return `the design has no error probability for means after its ${design.stages} stages`;
  }
  if (few <= 0) return 'no block had outcomes of both arms yet';
  if (superiority.kind === 'sequence' && few < ASYMPTOTIC_BURN_IN) {
    return `${inThousands(few)} of the ${ASYMPTOTIC_BURN_IN} outcomes per arm that a mean needs first`;
  }
  return 'no difference is proven yet';
};

/** All variants at this look, in the design's order. Never throws. */
export const judgeVariants = (state: ExperimentState): readonly VariantLook[] => {
  const { design } = state;
  const adjusted = holmOfEvidence(state.variants.map(({ primary }) => primary.superiority.maxLogE));
  const limit = Math.log(design.variants.length / design.alpha);
  return state.variants.map(({ variant, labelParity, primary, guardrails }, i) => {
    const observed = observedOf(primary, design.primary);
    const p = alwaysValidP(primary.superiority.maxLogE);
    const pAdjusted = adjusted[i]!;
    const status = statusOf(primary, pAdjusted, design);
    const over = design.variants.length > 1 ? `, Holm over ${design.variants.length} variants` : '';
    const verdict = status === 'undecided' ? whyUndecided(primary, state) : `proven ${status}`;
    return {
      variant,
      status,
      reason: `${comparisonInWords(design.primary, observed)}: ${verdict} (${pInWords(pAdjusted)} of ${design.alpha}${over})`,
      observed,
      interval: intervalOf(primary, state),
      logE: primary.superiority.logE,
      p,
      pAdjusted,
      labels: primary.labels,
      labelParity:
        labelParity === null
          ? null
          : {
              logE: labelParity.maxLogE,
              limit: labelLimit(design),
              mismatch: labelRatesDiffer(labelParity, design),
            },
      labelsNeeded: status === 'undecided' ? labelsLeft(primary, primary.superiority, limit, design) : 0,
      guardrails: guardrails.map((evidence, g) =>
        judgeExperimentGuardrail(evidence, design.guardrails[g]!, state),
      ),
    };
  });
};
