/**
 * The verdict of one look at a rollout's step: harm before anything else, then a common fall of both arms, then proof. It never
 * throws: missing, empty, one-sided, stale or constant data each have their outcome, and none of them leads to promotion.
 */
import type { GuardrailSpec, GuardrailVerdict, StepVerdict } from '../../domain/guardrail.ts';
import { isAboveNow } from '../restarts.ts';
import { frozenRateOf, type RolloutEvidence } from './evidence.ts';
import { baselineNull } from './fold-block.ts';
import { judgeGuardrail } from './judge-guardrail.ts';
import { lossOf, nameOf } from './wording.ts';

/**
 * What is asked. `steps` are the rollout's weights in per cent; `minSamples` counts matured labels per arm, step and guardrail.
 * `freshFromBlockNo`: evidence whose last block is older is stale and says `noData` (left out: freshness is the caller's).
 */
export interface StepContext {
  readonly guardrails: readonly GuardrailSpec[];
  readonly steps: readonly number[];
  readonly stepIndex: number;
  readonly minSamples: number;
  readonly freshFromBlockNo?: number;
}

/** Why both arms are thought to fall together, null when they are not: the stable arm is proven beyond one margin of its frozen rate. */
const commonFall = (evidence: RolloutEvidence, guardrails: readonly GuardrailSpec[]): string | null => {
  for (const spec of guardrails) {
    const kept = evidence.guardrails.find((g) => g.id === spec.id);
    const frozenRate = frozenRateOf(spec, evidence.frozen);
    if (kept?.kind !== 'rate' || kept.baseline === null || frozenRate === null || !spec.required) continue;
    if (isAboveNow(kept.baseline, evidence.alpha.baseline)) {
      const { limit } = baselineNull(spec, frozenRate);
      return `the stable arm's own ${nameOf(spec)} is proven beyond ${limit.toFixed(3)} (frozen ${frozenRate.toFixed(3)}, a ${lossOf(spec, 1)}), and the candidate is not proven worse than it`;
    }
  }
  return null;
};

const first = (
  verdicts: readonly GuardrailVerdict[],
  outcome: GuardrailVerdict['outcome'],
): GuardrailVerdict | undefined => verdicts.find((v) => v.required && v.outcome === outcome);

/**
 * Judges a step of a rollout on the evidence folded so far.
 *
 * | outcome | when |
 * |---|---|
 * | `harm` | a required guardrail's harm process reached its limit, in time or late |
 * | `bothHurt` | not that, and the stable arm is proven worse than its frozen baseline |
 * | `noData` | stale, or a required guardrail lacks an arm, a baseline or any label at this step |
 * | `inconclusive` | too few labels, no proof yet, no required guardrail, or no control arm (100 %) |
 * | `healthy` | every required guardrail passes, with `minSamples` labels in both arms at this step |
 *
 * The guarantee (at most .05 per guardrail to leave a step wrongly, .02 in all to roll back wrongly) holds at any number of looks.
 */
export const judgeStep = (evidence: RolloutEvidence, context: StepContext): StepVerdict => {
  const { guardrails: specs, steps, stepIndex, minSamples, freshFromBlockNo } = context;
  const weightPct = steps[stepIndex] ?? 0;
  const multiple = weightPct < 100 ? (evidence.ladder[stepIndex] ?? null) : null;
  const question = { stepIndex, weightPct, multiple, minSamples };
  const guardrails = specs.map((spec) => judgeGuardrail(spec, evidence, question));
  const verdict = (outcome: StepVerdict['outcome'], reason: string): StepVerdict => ({
    outcome,
    reason,
    guardrails,
  });

  const harmed = first(guardrails, 'harm');
  if (harmed !== undefined) return verdict('harm', harmed.reason);
  const fall = commonFall(evidence, specs);
  if (fall !== null) return verdict('bothHurt', fall);
  const last = evidence.lastBlockNo;
  if (freshFromBlockNo !== undefined && (last === null || last < freshFromBlockNo)) {
    const newest = last === null ? 'none yet' : `the last is block ${last}`;
    return verdict('noData', `stale: block ${freshFromBlockNo} or later is needed, ${newest}`);
  }
  const silent = first(guardrails, 'noData');
  if (silent !== undefined) return verdict('noData', silent.reason);
  const open = first(guardrails, 'inconclusive');
  if (open !== undefined) return verdict('inconclusive', open.reason);
  const required = guardrails.filter((g) => g.required);
  if (required.length === 0)
    return verdict('inconclusive', 'no guardrail is required, so nothing can be proven');
  return verdict('healthy', required.map((g) => g.reason).join('; '));
};
