/**
 * Folds one block into the running evidence: the minutes between two looks, both arms over the same minutes. A block delivered
 * twice changes nothing; a block that lacks an arm adds nothing to that guardrail. It judges nothing; `judge-step.ts` does.
 */
import type { GuardrailSpec } from '../../domain/guardrail.ts';
import type { ArmWindow, Block, SketchState, WindowStats } from '../../domain/window.ts';
import { coarsenSketch, countAbove, mergeSketches } from '../../math/ddsketch.ts';
import { mergeMoments, momentsOf, emptyMoments, type Moments } from '../moments.ts';
import { foldRestartingOneSample } from '../restarts.ts';
import { foldTlg, type RatePair } from '../tlg.ts';
import { requireArms, requireStats, soundSketch, type ArmPair } from './block-input.ts';
import {
  COARSE_FACTOR,
  emptyArm,
  frozenRateOf,
  requireVersion,
  type ArmTotals,
  type GuardrailEvidence,
  type MeanEvidence,
  type RolloutEvidence,
  type ShareEvidence,
  type Totals,
} from './evidence.ts';
import { foldHarm } from './harm.ts';
import { baselineNull, requireSpec, shareNull, tailLimits, type Question } from './hypotheses.ts';
import { meanHarmNeeded, meanLogE, meanProofNeeded } from './mean-evidence.ts';

/** What was in force while the block's traffic ran. `guardrails` is the list that the evidence was started with. */
export interface FoldContext {
  readonly guardrails: readonly GuardrailSpec[];
  readonly stepIndex: number;
  readonly weightPct: number;
}

/**
 * Trials and successes of both arms as the processes count them: the sum of a rate, or for a tail the requests slower than each arm's
 * limit at that multiple of the margin. Null where a tail has no frozen quantile.
 */
export const pairAt = (spec: GuardrailSpec, arms: ArmPair, multiple: number): RatePair | null => {
  const { stable, candidate } = arms;
  if (spec.kind === 'rate') {
    return { nA: stable.count, sA: stable.sum, nB: candidate.count, sB: candidate.sum };
  }
  const limits = tailLimits(spec, multiple);
  if (limits === null || stable.sketch === null || candidate.sketch === null) return null;
  return {
    nA: stable.count,
    sA: countAbove(stable.sketch, limits.stableMs),
    nB: candidate.count,
    sB: countAbove(candidate.sketch, limits.candidateMs),
  };
};

const slowerThanFrozen = (spec: GuardrailSpec, stats: WindowStats): number => {
  const limits = tailLimits(spec, 1);
  return limits === null || stats.sketch === null ? 0 : countAbove(stats.sketch, limits.stableMs);
};

const withCounts = <E extends GuardrailEvidence>(
  evidence: E,
  spec: GuardrailSpec,
  { stable, candidate }: ArmPair,
): E => {
  const { step, totals } = evidence;
  const sumOf = (stats: WindowStats): number =>
    spec.kind === 'tail' ? slowerThanFrozen(spec, stats) : stats.sum;
  return {
    ...evidence,
    step: { stable: step.stable + stable.count, candidate: step.candidate + candidate.count },
    totals: {
      stable: { n: totals.stable.n + stable.count, sum: totals.stable.sum + sumOf(stable) },
      candidate: { n: totals.candidate.n + candidate.count, sum: totals.candidate.sum + sumOf(candidate) },
    },
  };
};

const foldShare = (
  evidence: ShareEvidence,
  spec: GuardrailSpec,
  arms: ArmPair,
  { alpha, frozen }: RolloutEvidence,
  weightPct: number,
): ShareEvidence => {
  const watched = pairAt(spec, arms, 1);
  if (watched === null) return evidence;
  const frozenRate = frozenRateOf(spec, frozen);
  return {
    ...withCounts(evidence, spec, arms),
    rungs: evidence.rungs.map(({ multiple, process }) => {
      const pair = pairAt(spec, arms, multiple) ?? watched;
      return { multiple, process: foldTlg(process, pair, shareNull(spec, multiple, 'nonInferiority')) };
    }),
    ...foldHarm(evidence, watched, weightPct, shareNull(spec, 1, 'harm'), alpha.harm),
    baseline:
      evidence.baseline === null || frozenRate === null
        ? null
        : foldRestartingOneSample(
            evidence.baseline,
            { n: watched.nA, s: watched.sA },
            weightPct,
            baselineNull(spec, frozenRate),
            { alpha: alpha.baseline },
          ),
  };
};

const foldMean = (
  evidence: MeanEvidence,
  spec: GuardrailSpec,
  arms: ArmPair,
  all: RolloutEvidence,
  { stepIndex, weightPct }: FoldContext,
): MeanEvidence => {
  const added = (arm: 'stable' | 'candidate') => {
    const { count, sum, sumOfSquares } = arms[arm];
    return mergeMoments(evidence.moments[arm], momentsOf(count, sum, sumOfSquares));
  };
  const moments = { stable: added('stable'), candidate: added('candidate') };
  const multiple = all.ladder[stepIndex] ?? 1;
  const logEOf = (question: Question, margins: number): number => {
    const found = meanLogE(spec, moments, all, question, margins);
    return found.ok ? found.value : 0;
  };
  const logE = logEOf('nonInferiority', multiple);
  const harmLogE = logEOf('harm', 1);
  const limit = meanHarmNeeded(all);
  const { proven, alarm } = evidence;
  const stronger = proven === null || proven.multiple !== multiple || logE > proven.logE;
  return {
    ...withCounts(evidence, spec, arms),
    moments,
    proven: logE >= meanProofNeeded(all) && stronger ? { multiple, logE } : proven,
    alarm: alarm ?? (harmLogE >= limit ? { weightPct, logE: harmLogE, limit } : null),
  };
};

/** A step that was begun by a program without the spread has it of what comes from now on, which is as valid. */
const withSpread = (
  kept: Moments | undefined,
  added: Moments | undefined,
): Pick<ArmTotals, 'costMoments'> => {
  if (added === undefined) return kept === undefined ? {} : { costMoments: kept };
  return { costMoments: mergeMoments(kept ?? emptyMoments(), added) };
};

/** The arm's latencies in few buckets; null where there is no sound sketch, as in what is judged by its mean alone. */
const coarseLatency = (window: ArmWindow, path: string): SketchState | null => {
  requireStats(window, { kind: 'mean', metric: 'latencyMs' }, path);
  const sketch = soundSketch(window?.latencyMs);
  if (sketch === null) return null;
  const coarse = coarsenSketch(sketch, COARSE_FACTOR);
  // Adding 0 to the offset: making coarse rounds up to -0, which JSON would turn into 0.
  return { ...coarse, offset: coarse.offset + 0 };
};

/** Adds one arm's block to what it did at this step. */
const foldArm = (totals: ArmTotals, window: ArmWindow, path: string): ArmTotals => {
  const added = ({ n, sum }: Totals, stats: WindowStats | null): Totals =>
    stats === null ? { n, sum } : { n: n + stats.count, sum: sum + stats.sum };
  const read = (metric: 'quality' | 'error' | 'costUsd', kind: GuardrailSpec['kind']) =>
    requireStats(window, { kind, metric }, path);
  const cost = read('costUsd', 'mean');
  const spread = cost === null ? undefined : momentsOf(cost.count, cost.sum, cost.sumOfSquares);
  const latency = coarseLatency(window, path);
  return {
    quality: added(totals.quality, read('quality', 'rate')),
    error: added(totals.error, read('error', 'rate')),
    costUsd: added(totals.costUsd, cost),
    ...withSpread(totals.costMoments, spread),
    latencyMs: latency === null ? totals.latencyMs : mergeSketches(totals.latencyMs, latency),
  };
};

/** What a new step or weight leaves behind: labels of the step, and a mean's moments and proof. */
const turnPage = (evidence: GuardrailEvidence, newStep: boolean, newWeight: boolean): GuardrailEvidence => {
  const counted = newStep ? { ...evidence, step: { stable: 0, candidate: 0 } } : evidence;
  if (!newWeight || counted.kind !== 'mean') return counted;
  const moments = { stable: emptyMoments(), candidate: emptyMoments() };
  return { ...counted, moments, proven: null };
};

/** @throws RangeError naming `weightPct`. */
export const requireWeight = (weightPct: number): void => {
  if (!(weightPct >= 0 && weightPct <= 100)) {
    throw new RangeError(`weightPct must be from 0 to 100, got ${weightPct}`);
  }
};

const requireContext = ({ stepIndex, weightPct }: FoldContext): void => {
  if (!Number.isSafeInteger(stepIndex) || stepIndex < 0) {
    throw new RangeError(`stepIndex must be a whole number from 0, got ${stepIndex}`);
  }
  requireWeight(weightPct);
};

/**
 * The evidence after one more block. Idempotent: a block whose `no` is not above `lastBlockNo` gives the same evidence back, so that
 * a retried activity cannot count twice; blocks are therefore folded in rising order. A guardrail whose metric lacks an arm in this block
 * (absent, or a count of 0) is left as it is; the block still counts as folded.
 * @throws RangeError naming the field and value, such as `block.arms.candidate.quality.sum`, for counts and sums that are not finite or not
 * possible, and for a context outside its range. The evidence given is never changed.
 */
export const foldBlock = (evidence: RolloutEvidence, block: Block, context: FoldContext): RolloutEvidence => {
  if (!Number.isSafeInteger(block.no))
    throw new RangeError(`block.no must be a whole number, got ${block.no}`);
  if (evidence.lastBlockNo !== null && block.no <= evidence.lastBlockNo) return evidence;
  requireVersion(evidence);
  requireContext(context);
  context.guardrails.forEach(requireSpec);
  const newStep = evidence.stepIndex !== context.stepIndex;
  const newWeight = evidence.weightPct !== context.weightPct;
  const guardrails = evidence.guardrails.map((before) => {
    const turned = turnPage(before, newStep, newWeight);
    const spec = context.guardrails.find((g) => g.id === turned.id);
    if (spec === undefined) throw new RangeError(`guardrails must name ${turned.id}, as at the start`);
    const arms = requireArms(block, spec);
    if (arms === null) return turned;
    return turned.kind === 'mean'
      ? foldMean(turned, spec, arms, evidence, context)
      : foldShare(turned, spec, arms, evidence, context.weightPct);
  });
  const before = newStep ? { stable: emptyArm(), candidate: emptyArm() } : evidence.arms;
  return {
    ...evidence,
    lastBlockNo: block.no,
    arms: {
      stable: foldArm(before.stable, block.arms.stable, 'block.arms.stable'),
      candidate: foldArm(before.candidate, block.arms.candidate, 'block.arms.candidate'),
    },
    blocks: evidence.blocks + 1,
    stepIndex: context.stepIndex,
    weightPct: context.weightPct,
    guardrails,
  };
};
