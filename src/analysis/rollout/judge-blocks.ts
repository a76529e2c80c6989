/**
 * From the blocks of two arms and a set of guardrails to a verdict, in one call: for simulations, for judging recorded traffic again, for whoever
 * keeps blocks and no running evidence. It folds and judges as a rollout does. It keeps nothing and never mends data.
 */
import type { GuardrailSpec, GuardrailVerdict } from '../../domain/guardrail.ts';
import { requireFinite, requirePositive, requireWhole } from '../../math/require.ts';
import { startEvidence, type FrozenBaseline, type RolloutEvidence } from './evidence.ts';
import { foldBlock } from './fold-block.ts';
import { foldLate } from './fold-late.ts';
import { judgeStep } from './judge-step.ts';
import { ladderOf } from './ladder.ts';
import { overallOf, type FullVerdict } from './overall.ts';
import { siftBlocks, type JudgedBlock, type SiftContext, type Sifted } from './sound-blocks.ts';
import { nameOf, shown } from './wording.ts';

/**
 * What is asked. Times in ms since the epoch. `late` are labels that came after their block was closed, numbered in the order of their
 * arrival. With `nowMs` only blocks that ended `matureAfterMs` (0) before it count, and with `staleAfterMs` a guardrail passes only when both arms had
 * labels of it in a block that matured at most that long ago. Without them freshness is the caller's.
 */
export interface BlocksQuestion {
  readonly blocks: readonly JudgedBlock[];
  readonly late?: readonly JudgedBlock[];
  readonly guardrails: readonly GuardrailSpec[];
  readonly steps: readonly number[];
  readonly stepIndex: number;
  readonly minSamples: number;
  readonly baseline?: Partial<FrozenBaseline>;
  readonly nowMs?: number;
  readonly matureAfterMs?: number;
  readonly staleAfterMs?: number;
}

/** Refused fields that are named one by one; more of them say nothing more. */
const NAMED = 20;

const requireQuestion = (question: BlocksQuestion): void => {
  const { steps, stepIndex, minSamples, nowMs, matureAfterMs, staleAfterMs } = question;
  for (const name of ['blocks', 'late', 'guardrails', 'steps'] as const) {
    if (!Array.isArray(question[name]) && !(name === 'late' && question.late === undefined)) {
      throw new TypeError(`${name} must be a list, got ${shown(question[name])}`);
    }
  }
  ladderOf(steps);
  requireWhole('minSamples', minSamples, 0);
  requireWhole('stepIndex', stepIndex, 0);
  if (stepIndex >= steps.length) {
    throw new RangeError(`stepIndex must be below the number of steps (${steps.length}), got ${stepIndex}`);
  }
  if (nowMs !== undefined) requireFinite('nowMs', nowMs);
  if (matureAfterMs !== undefined && !(matureAfterMs >= 0 && matureAfterMs < Infinity)) {
    throw new RangeError(`matureAfterMs must be a finite number from 0, got ${matureAfterMs}`);
  }
  if (staleAfterMs !== undefined) {
    requirePositive('staleAfterMs', staleAfterMs);
    if (nowMs === undefined) throw new RangeError('staleAfterMs must come with nowMs, got it alone');
  }
};

const fold = (question: BlocksQuestion, inTime: Sifted, late: Sifted): RolloutEvidence => {
  const { guardrails, steps, baseline } = question;
  const folded = inTime.sound.reduce(
    (evidence, { block, stepIndex }) =>
      foldBlock(evidence, block, { guardrails, stepIndex, weightPct: steps[stepIndex]! }),
    startEvidence(guardrails, steps, baseline),
  );
  return late.sound.reduce(
    (evidence, { block, stepIndex }) =>
      foldLate(evidence, block, { guardrails, weightPct: steps[stepIndex]! }),
    folded,
  );
};

/** Why a guardrail's newest labels of both arms are too old to let it pass, null when they are not or nobody asked. */
const staleBecause = (
  id: GuardrailSpec['id'],
  inTime: Sifted,
  { nowMs, matureAfterMs = 0, staleAfterMs }: BlocksQuestion,
): string | null => {
  if (nowMs === undefined || staleAfterMs === undefined) return null;
  const newest = inTime.sound.findLast(({ both }) => both.includes(id));
  if (newest === undefined) return null;
  const ageMs = nowMs - matureAfterMs - newest.block.endMs;
  if (ageMs <= staleAfterMs) return null;
  const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;
  return `stale: both arms last had labels together ${seconds(ageMs)} ago, at most ${seconds(staleAfterMs)} are asked`;
};

/** Takes a pass, and what is on its way to one, from a guardrail with refused or stale data. Proven harm stands. */
const held = (
  verdict: GuardrailVerdict,
  spec: GuardrailSpec,
  invalid: readonly string[],
  stale: string | null,
) => {
  const named = invalid.length === 0 ? verdict : { ...verdict, invalid: invalid.slice(0, NAMED) };
  if (verdict.outcome === 'harm') return named;
  if (invalid.length > 0) {
    const others = invalid.length > 1 ? ` (and ${invalid.length - 1} more)` : '';
    const reason = `${nameOf(spec)}: invalid data, not counted: ${invalid[0]}${others}`;
    return { ...named, outcome: 'noData' as const, reason };
  }
  if (stale === null || verdict.outcome === 'noData') return named;
  return { ...named, outcome: 'noData' as const, reason: `${nameOf(spec)}: ${stale}` };
};

/**
 * The verdict on a step, per guardrail and overall: `{ outcome, reason, observed, limit, labelsNeeded }` each. Overall `healthy` needs every
 * required guardrail to pass: sound, fresh and enough labels of both arms, and the proof of the step's rung. Blocks may come in any order
 * and twice. Refused data (not finite, negative, more successes than trials, no such step) are never counted: they are named in `invalid`,
 * and hold their guardrail at `noData`, because a proof that leaves out what it cannot read is none.
 * Guarantee, and when it fails: as `judgeStep`.
 * @throws RangeError or TypeError naming a setting; never for what the blocks hold.
 */
export const judgeBlocks = (question: BlocksQuestion): FullVerdict => {
  requireQuestion(question);
  const { blocks, late = [], guardrails, steps, stepIndex, minSamples, nowMs, matureAfterMs = 0 } = question;
  // Settings are checked before any block is looked at, so that what is thrown is about them.
  startEvidence(guardrails, steps, question.baseline);
  const context: SiftContext = {
    name: 'blocks',
    guardrails,
    steps,
    stepIndex,
    closedBeforeMs: nowMs === undefined ? Infinity : nowMs - matureAfterMs,
  };
  const inTime = siftBlocks(blocks, context);
  const cameLate = siftBlocks(late, { ...context, name: 'late', closedBeforeMs: Infinity });
  const evidence = fold(question, inTime, cameLate);
  const judged = judgeStep(evidence, { guardrails, steps, stepIndex, minSamples });
  const verdicts = judged.guardrails.map((verdict, i) => {
    const refused = [...(inTime.invalid.get(verdict.id) ?? []), ...(cameLate.invalid.get(verdict.id) ?? [])];
    return held(verdict, guardrails[i]!, refused, staleBecause(verdict.id, inTime, question));
  });
  const bothHurt = judged.outcome === 'bothHurt' ? judged.reason : null;
  return overallOf(verdicts, { bothHurt });
};
