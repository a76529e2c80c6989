/** A person rolls a variant out, whatever was proven: which one, and what was unmet. Refused while harm is proven or nothing was measured. */
import type { VariantLook } from '../../analysis/sequential/verdict.ts';
import { besideControl } from './beside-control.ts';
import { leadingVariant } from './conclusions.ts';
import { isStopped, type ExperimentRunState } from './state.ts';

export type Chosen =
  | { readonly ok: true; readonly look: VariantLook; readonly unmet: readonly string[] }
  | { readonly ok: false; readonly why: string };

/** @param named the variant that was asked for; undefined for the one that leads */
export function choose(state: ExperimentRunState, named: string | undefined): Chosen {
  const { plan, verdict, phase } = state;
  const [control, ...variants] = plan.arms.map(({ id }) => id);
  if (named !== undefined && !variants.includes(named)) {
    const isControl = named === control ? ' (the control is what is served already: send stop)' : '';
    return {
      ok: false,
      why: `variant: ${named} is given, expected one of ${variants.join(', ')}${isControl}`,
    };
  }
  if (phase !== 'running' && phase !== 'awaitingGraduation')
    return { ok: false, why: `nothing to promote while ${phase}` };
  if (verdict?.outcome === 'harm') return { ok: false, why: `harm is proven: ${verdict.reason}` };
  const look =
    named === undefined
      ? leadingVariant(state)
      : (verdict?.perVariant.find(({ variant }) => variant === named) ?? null);
  if (!look || look.observed.difference === null)
    return { ok: false, why: `nothing was measured of ${named ?? 'any variant'}` };
  const harmful = look.guardrails.find(({ required, outcome }) => required && outcome === 'harm');
  if (harmful) return { ok: false, why: `harm is proven in ${look.variant}: ${harmful.reason}` };
  return { ok: true, look, unmet: unmetOf(state, look) };
}

function unmetOf(state: ExperimentRunState, look: VariantLook): readonly string[] {
  const { verdict } = state;
  const guardrails = look.guardrails
    .filter(({ required, outcome }) => required && outcome !== 'pass')
    .map(({ metric, outcome }) => `${metric} ${outcome}`);
  const isProven = verdict?.outcome === 'winner' && verdict.variant === look.variant;
  return [
    ...(isProven ? [] : [`not proven better (${look.status})`]),
    ...criteriaUnmet(state, look),
    ...guardrails,
    ...(verdict?.outcome === 'frozen' ? [verdict.reason] : []),
    ...(asksApproval(state) && !state.approved ? ['not approved'] : []),
    ...(isStopped(state) ? [`stopped: ${(state.paused ?? state.held)?.reason ?? ''}`] : []),
  ];
}

function asksApproval({ plan: { approval } }: ExperimentRunState): boolean {
  return approval === 'beforeGraduation' || approval === 'both';
}

/** As observed, whatever is proven of it. */
function criteriaUnmet({ plan, totals }: ExperimentRunState, look: VariantLook): readonly string[] {
  const { minImprovementPct, minCostReductionPct } = plan.criteria;
  const sign = plan.design.primary.direction === 'increase' ? 1 : -1;
  const betterPct = 100 * sign * (look.observed.relative ?? 0);
  const cost = besideControl(totals, plan.design.control, look.variant, 'costUsd');
  const cheaperPct = cost && cost.control > 0 ? (100 * (cost.control - cost.variant)) / cost.control : 0;
  return betterPct >= minImprovementPct || cheaperPct >= minCostReductionPct
    ? []
    : [`neither ${minImprovementPct} % better nor ${minCostReductionPct} % cheaper as observed`];
}
