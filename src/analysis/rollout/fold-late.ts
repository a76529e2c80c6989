/**
 * Labels that arrive after their block was closed never enter that block: it would be folded twice. They go to a harm process of
 * their own, which can take a change back after promotion (`promotionWatch`) and never helps it forward.
 */
import type { Block } from '../../domain/window.ts';
import { foldRestarting } from '../restarts.ts';
import { emptyTlg } from '../tlg.ts';
import { requireArms } from './block-input.ts';
import { requireVersion, type RolloutEvidence } from './evidence.ts';
import { pairAt, requireWeight, type FoldContext } from './fold-block.ts';
import { requireSpec, shareNull } from './hypotheses.ts';
import { foldLump } from './late-lump.ts';

/**
 * The evidence after the late labels of one look. `late.arms` hold what arrived late since the look before, both arms from the same exposure
 * times; `late.no` numbers these arrivals (rising, its own count). Idempotent by `late.no`; a metric that lacks an arm adds nothing; means
 * take no late evidence. `context.weightPct` is the weight at exposure: labels of several weights are folded weight by weight, because
 * sums over a ramp are no fair comparison. One large arrival alone can raise the alarm (`late-lump.ts`).
 * @throws RangeError as `foldBlock`, with `late` for `block`.
 */
export const foldLate = (
  evidence: RolloutEvidence,
  late: Block,
  context: Pick<FoldContext, 'guardrails' | 'weightPct'>,
): RolloutEvidence => {
  if (!Number.isSafeInteger(late.no)) throw new RangeError(`late.no must be a whole number, got ${late.no}`);
  if (evidence.lastLateNo !== null && late.no <= evidence.lastLateNo) return evidence;
  requireVersion(evidence);
  requireWeight(context.weightPct);
  context.guardrails.forEach(requireSpec);
  const guardrails = evidence.guardrails.map((before) => {
    const spec = context.guardrails.find((g) => g.id === before.id);
    if (spec === undefined) throw new RangeError(`guardrails must name ${before.id}, as at the start`);
    if (before.kind === 'mean') return before;
    const arms = requireArms(late, spec, 'late');
    const pair = arms === null ? null : pairAt(spec, arms, 1);
    if (pair === null) return before;
    const plan = { alpha: evidence.alpha.late };
    const hypothesis = shareNull(spec, 1, 'harm');
    const fold = (process: typeof before.lateHarm.process) => foldLump(process, pair, hypothesis);
    return {
      ...before,
      lateHarm: foldRestarting(before.lateHarm, context.weightPct, pair.nB, emptyTlg, fold, plan),
    };
  });
  return { ...evidence, lastLateNo: late.no, guardrails };
};
