/**
 * The verdict of one look at a rollout's step: harm before anything else, then a common fall of both arms, then proof. No
 * data make it throw: missing, empty, one-sided and stale data and a mean without variance each have their outcome, and none promotes.
 */
import type { GuardrailSpec } from '../../domain/guardrail.ts';
import { requireFinite, requireWhole } from '../../math/require.ts';
import { isAboveNow } from '../restarts.ts';
import { frozenRateOf, requireVersion, type RolloutEvidence } from './evidence.ts';
import { baselineNull, requireSpec } from './hypotheses.ts';
import { judgeGuardrail } from './judge-guardrail.ts';
import { ladderOf } from './ladder.ts';
import { overallOf, type FullVerdict } from './overall.ts';
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

/**
 * Why both arms are thought to fall together, null when they are not: the stable arm is proven beyond one margin of its frozen rate. That rate is taken
 * as exact. It is an estimate, so whoever freezes it freezes the cautious end of a 99.9 % interval, or its error is told as a fall.
 */
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

const requireStep = ({ guardrails, steps, stepIndex, minSamples, freshFromBlockNo }: StepContext): void => {
  guardrails.forEach(requireSpec);
  ladderOf(steps);
  requireWhole('stepIndex', stepIndex, 0);
  if (stepIndex >= steps.length) {
    throw new RangeError(`stepIndex must be below the number of steps (${steps.length}), got ${stepIndex}`);
  }
  requireWhole('minSamples', minSamples, 0);
  if (freshFromBlockNo !== undefined) requireFinite('freshFromBlockNo', freshFromBlockNo);
};

const staleBecause = ({ lastBlockNo: last }: RolloutEvidence, from: number | undefined): string | null => {
  if (from === undefined || (last !== null && last >= from)) return null;
  const newest = last === null ? 'none yet' : `the last is block ${last}`;
  return `stale: block ${from} or later is needed, ${newest}`;
};

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
 * Of required guardrails with the same outcome, the one with the least proof is quoted.
 *
 * The guarantee holds at any number of looks, also when the blocks go on after a verdict: a candidate that is worse by what the step
 * rules out leaves it in at most .05 of rollouts per guardrail, and one within every margin is taken back in at most .02 over all guardrails by
 * labels in time and .01 by late ones. It fails when a block is folded twice under two numbers, when the arms of a block did not run
 * at the same time, and when one unit counts several times. For means it is asymptotic: it fails for a heavy tail until that tail was seen
 * (`mean-evidence.ts` has figures), so ask for enough labels, or use a tail guardrail or a rate in points.
 * @throws RangeError naming evidence.version, the guardrail's field, steps, stepIndex, minSamples or freshFromBlockNo; never for what was folded.
 */
export const judgeStep = (evidence: RolloutEvidence, context: StepContext): FullVerdict => {
  requireVersion(evidence);
  requireStep(context);
  const { guardrails: specs, steps, stepIndex, minSamples, freshFromBlockNo } = context;
  const weightPct = steps[stepIndex]!;
  const multiple = weightPct < 100 ? (evidence.ladder[stepIndex] ?? null) : null;
  const question = { stepIndex, weightPct, multiple, minSamples };
  return overallOf(
    specs.map((spec) => judgeGuardrail(spec, evidence, question)),
    { bothHurt: commonFall(evidence, specs), stale: staleBecause(evidence, freshFromBlockNo) },
  );
};
