/**
 * Conclusions that no look has reached: by a person, an incident, or the end of time. They say what was observed so far, as the last look
 * found it, and claim nothing more. Pure.
 */
import type { VariantLook } from '../../analysis/sequential/verdict.ts';
import { besideControl } from './beside-control.ts';
import type { ExperimentConclusion, ExperimentOutcome, ExperimentRunState } from './state.ts';

export function plainConclusion(outcome: ExperimentOutcome, sentence: string): ExperimentConclusion {
  return {
    outcome,
    variant: null,
    sentence,
    effect: null,
    costUsdPerRequest: null,
    latencyP95Ms: null,
    savedUsdPer1000Requests: null,
    cuped: null,
  };
}

/** What ended it, and how the variant that leads stood by then. */
export function conclusionSoFar(
  state: ExperimentRunState,
  outcome: ExperimentOutcome,
  reason: string,
): ExperimentConclusion {
  const { conclusion, ending } = state;
  if (conclusion && ending) return { ...conclusion, outcome, sentence: `${reason}; ${conclusion.sentence}` };
  const leader = leadingVariant(state);
  const so = leader
    ? `; until then ${leader.variant} led, ${leader.status}: ${leader.reason}`
    : '; nothing was measured';
  return plainConclusion(outcome, `${reason}${so}`);
}

/** A variant that a person wants, as it was observed. */
export function conclusionByHand(
  { plan, totals }: ExperimentRunState,
  look: VariantLook,
  sentence: string,
): ExperimentConclusion {
  const { variant, observed, interval } = look;
  const { control } = plan.design;
  const cost = besideControl(totals, control, variant, 'costUsd');
  return {
    ...plainConclusion('adopted', sentence),
    variant,
    effect:
      observed.difference === null
        ? null
        : {
            difference: observed.difference,
            relative: observed.relative,
            low: interval?.low ?? null,
            high: interval?.high ?? null,
          },
    costUsdPerRequest: cost,
    latencyP95Ms: besideControl(totals, control, variant, 'latencyMs'),
    savedUsdPer1000Requests: cost && 1_000 * (cost.control - cost.variant),
  };
}

/** The variant that is observed best on the primary metric, proven or not; null when nothing was measured. */
export function leadingVariant({ plan, verdict }: ExperimentRunState): VariantLook | null {
  const sign = plan.design.primary.direction === 'increase' ? 1 : -1;
  const gain = ({ observed }: VariantLook): number => sign * (observed.difference ?? 0);
  const measured = (verdict?.perVariant ?? []).filter(({ observed }) => observed.difference !== null);
  return measured.toSorted((a, b) => gain(b) - gain(a))[0] ?? null;
}
