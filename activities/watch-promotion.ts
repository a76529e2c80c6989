/** One look of a watch after a promotion: late labels of the rollout's own blocks, and absolute limits on what is live now. */
import { foldBlock, foldLate, judgeAbsolute, type RolloutEvidence } from '../src/analysis/index.ts';
import { differenceOf, sumOfBlocks } from '../src/analysis/late-labels.ts';
import type { GuardrailSpec } from '../src/domain/guardrail.ts';
import type { Block } from '../src/domain/window.ts';
import type { AbsoluteLimits } from '../src/state/rollout/index.ts';
import { carriedEvidence } from './carried-evidence.ts';
import type { ActivityPorts } from './ports.ts';
import { promotionServed, type Promotion } from './promotion-served.ts';

/** What the rollout hands to its watch. */
export interface WatchInput extends Promotion {
  /** What was stable before the promotion, and is restored when it is taken back. Left out by older rollouts: `previous`. */
  readonly stableGeneration?: number;
  readonly watchMs: number;
  readonly lookMs: number;
  readonly blockMs: number;
  readonly matureAfterMs: number;
  readonly minSamples: number;
  readonly guardrails: readonly GuardrailSpec[];
  readonly constraints: AbsoluteLimits;
  /** Weight of the last step that had a control arm, per cent. */
  readonly lastWeightPct: number;
  /** When each step began: late labels are compared step by step. Left out by older rollouts: all steps as one. */
  readonly stepsFromMs?: readonly number[];
  /** Evidence of the rollout at its end. */
  readonly evidence: RolloutEvidence;
}

/**
 * What travels from one look of the watch to the next. `late` is everything that has arrived late so far, `lateByStep` the same step by
 * step, left out where the steps are not known.
 */
export interface PromotionEvidence {
  readonly evidence: RolloutEvidence;
  readonly late: Block | null;
  readonly lateByStep?: readonly (Block | null)[];
  readonly lateNo: number;
  readonly foldedTo: number;
}

export interface WatchLook {
  readonly kind: 'well' | 'revert' | 'closed';
  readonly reason: string;
  readonly evidence: PromotionEvidence;
}

/** Steps of a rollout are numbered from 0 and few: this number stands for "after the last one". */
const AFTER_THE_STEPS = 1_000;

/**
 * Decide. Changes nothing; a second run folds the same labels from the evidence it was given.
 * Final: InvalidInput when that evidence cannot be read.
 */
export async function watchPromotion(
  ports: ActivityPorts,
  request: {
    readonly input: WatchInput;
    readonly startedAtMs: number;
    readonly progress: PromotionEvidence | null;
  },
): Promise<WatchLook> {
  const { input } = request;
  const carried = carriedEvidence(
    request.progress?.evidence ?? input.evidence,
    `watch of ${input.serviceId}`,
  );
  const before = request.progress ?? {
    evidence: carried,
    late: null,
    lateNo: (carried.lastLateNo ?? 0) + 1,
    foldedTo: Math.ceil(request.startedAtMs / input.blockMs),
  };
  const served = await promotionServed(ports, { input });
  if (served.kind === 'gone') return { kind: 'closed', reason: served.reason, evidence: before };
  const late = await withLateLabels(ports, input, before);
  const evidence = await withLiveBlocks(ports, input, served.generation, late);
  const verdict = judgeAbsolute(evidence.evidence, {
    guardrails: input.guardrails,
    constraints: input.constraints,
    stepIndex: AFTER_THE_STEPS,
    minSamples: input.minSamples,
  });
  return { kind: verdict.outcome === 'harm' ? 'revert' : 'well', reason: verdict.reason, evidence };
}

/**
 * Late labels are compared step by step, each arrival of a step under its own number. All steps feed one process under one weight: the
 * null is about every single arrival, so mixed weights keep it valid, and a process that started anew at every change of weight would
 * forget at each look what the look before had shown.
 */
async function withLateLabels(
  ports: ActivityPorts,
  input: WatchInput,
  before: PromotionEvidence,
): Promise<PromotionEvidence> {
  const { serviceId, generation, blockMs, guardrails, lastWeightPct } = input;
  // What was counted over all steps together cannot be told apart any more: such a watch goes on as it began.
  const isByStep =
    input.stepsFromMs !== undefined && (before.late === null || before.lateByStep !== undefined);
  const stepsFromMs = isByStep ? (input.stepsFromMs ?? []) : [];
  const found = await ports.windows.lateSince(serviceId, generation, blockMs, stepsFromMs);
  const known = before.lateByStep ?? [before.late];
  const arrived = found.flatMap((late, step) => {
    const seen = known[step];
    return (late && seen ? differenceOf(late, seen) : late) ?? [];
  });
  if (arrived.length === 0) return before;
  const evidence = arrived.reduce(
    (folded, block, i) =>
      foldLate(folded, { ...block, no: before.lateNo + i }, { guardrails, weightPct: lastWeightPct }),
    before.evidence,
  );
  return {
    ...before,
    evidence,
    late: sumOfBlocks(found.flatMap((late) => late ?? [])),
    ...(isByStep && { lateByStep: found }),
    lateNo: before.lateNo + arrived.length,
  };
}

/** The promoted configuration answers as the stable arm now, under `generation`; it is judged as the candidate that it was. */
async function withLiveBlocks(
  ports: ActivityPorts,
  input: WatchInput,
  generation: number,
  before: PromotionEvidence,
): Promise<PromotionEvidence> {
  const toNo = Math.floor((ports.nowMs() - input.matureAfterMs) / input.blockMs) - 1;
  if (toNo <= before.foldedTo) return before;
  const { unitFirst } = await ports.windows.summary({
    serviceId: input.serviceId,
    arm: 'stable',
    generation,
    fromMs: (before.foldedTo + 1) * input.blockMs,
    toMs: (toNo + 1) * input.blockMs,
  });
  const block: Block = {
    no: toNo,
    startMs: (before.foldedTo + 1) * input.blockMs,
    endMs: (toNo + 1) * input.blockMs,
    arms: { stable: {}, candidate: unitFirst },
  };
  const evidence = foldBlock(before.evidence, block, {
    guardrails: input.guardrails,
    stepIndex: AFTER_THE_STEPS,
    weightPct: 100,
  });
  return { ...before, evidence, foldedTo: toNo };
}
