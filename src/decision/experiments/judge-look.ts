/**
 * One look at a running experiment: folds what is new, judges it, and says what it comes to. The tick's activity and the simulations call
 * this very function. It reads no clock, draws nothing and changes no traffic.
 */
import {
  beginPhase,
  foldExperimentBlock,
  judgeExperiment,
  type ExperimentState,
  type ExperimentVerdict,
} from '../../analysis/index.ts';
import { requireFinite } from '../../math/require.ts';
import type { PrePeriodSums } from '../../domain/experiment-window.ts';
import type {
  ExperimentPlan,
  ExperimentRunState,
  JudgedLook,
  ProviderPhases,
  Weights,
} from '../../state/experiment/index.ts';
import { blockOfWindow, type PeriodWindow } from './block-of-window.ts';
import { concludeExperiment } from './conclude-experiment.ts';
import { isReached, judgeAtSize } from './judge-at-size.ts';
import { judgePosterior } from './judge-posterior.ts';
import { nextWeights } from './next-weights.ts';
import { lookAtProviders } from './provider-phase.ts';
import { weightsOncePutOut } from './put-out.ts';
import { hurtOnReturn, withReturning } from './returning-units.ts';
import { spentBy } from './spent.ts';
import { inThousands } from './words.ts';
import { addToTotals, type Totals } from './totals.ts';

export interface LookInput {
  readonly plan: Pick<
    ExperimentPlan,
    'design' | 'primary' | 'analysis' | 'allocation' | 'budget' | 'criteria' | 'sizing'
  > &
    Partial<Pick<ExperimentPlan, 'foldMs' | 'lookMs' | 'minSamples'>>;
  /** `verdict`: of the look before; a fixed horizon is judged once. */
  readonly state: Pick<ExperimentRunState, 'evidence' | 'totals' | 'providers' | 'foldedToMs'> &
    Partial<Pick<ExperimentRunState, 'verdict'>>;
  /** In order of time, each within one allocation period, none beyond what is mature. */
  readonly windows: readonly PeriodWindow[];
  /** What is live now: what an adaptive allocation would change. */
  readonly weights: Weights;
  /** No more outcomes will come: the longest duration is over. */
  readonly expired?: boolean;
  /** For the conclusion alone. */
  readonly prePeriod?: Readonly<Record<string, PrePeriodSums>>;
}

export type Judgement = Omit<JudgedLook, 'evidenceHash' | 'decisionId'>;

interface Folded {
  readonly evidence: ExperimentState;
  readonly totals: Totals;
  readonly providers: ProviderPhases;
  readonly foldedToMs: number;
}

const requireWindow = ({ window }: PeriodWindow, foldedToMs: number, i: number): void => {
  const { fromMs, toMs } = window;
  requireFinite(`windows[${i}].window.fromMs`, fromMs);
  requireFinite(`windows[${i}].window.toMs`, toMs);
  if (fromMs >= foldedToMs || toMs <= foldedToMs) return;
  throw new RangeError(
    `windows[${i}].window.fromMs must be from ${foldedToMs}, where the last one folded ends, got ${fromMs}`,
  );
};

const foldWindow = (folded: Folded, period: PeriodWindow, i: number, blocksPerLook: number): Folded => {
  requireWindow(period, folded.foldedToMs, i);
  const { window } = period;
  if (window.toMs <= folded.foldedToMs) return folded;
  const { design } = folded.evidence;
  const no = (folded.evidence.lastBlockNo ?? 0) + 1;
  const { providers, changed } = lookAtProviders(folded.providers, window, no, blocksPerLook);
  const evidence = changed === null ? folded.evidence : beginPhase(folded.evidence);
  const block = blockOfWindow(period, design, { no, stage: providers.phase, withOutcomes: changed === null });
  const after = foldExperimentBlock(evidence, block);
  return {
    evidence: after,
    totals: withReturning(
      addToTotals(folded.totals, window, { control: design.control, isNewPhase: changed !== null }),
      window,
      after,
    ),
    providers,
    foldedToMs: window.toMs,
  };
};

const verdictOf = (
  { plan, state, expired = false }: LookInput,
  evidence: ExperimentState,
): ExperimentVerdict => {
  const anytime = judgeExperiment(evidence, { expired });
  if (plan.analysis === 'fixedHorizon') return judgeAtSize(evidence, anytime, expired, state.verdict ?? null);
  if (plan.analysis !== 'bayesian') return anytime;
  return judgePosterior(evidence, anytime, { expired, minimumEffect: plan.sizing.minimumEffect });
};

/** With fewer outcomes than were asked for nothing is proven; harm is, whenever it is seen. */
const heldBack = (
  verdict: ExperimentVerdict,
  { plan, weights, expired = false }: LookInput,
): ExperimentVerdict => {
  const { minSamples = 1 } = plan;
  if (verdict.outcome !== 'winner' && verdict.outcome !== 'controlBetter') return verdict;
  // One that was put out has no outcomes to come: those that are left must have as many as were asked for.
  const isOut = (variant: string): boolean =>
    plan.allocation.kind === 'elimination' && !((weights[variant] ?? 0) > 0);
  const looks = verdict.perVariant.filter(({ variant }) =>
    verdict.variant === null ? !isOut(variant) : variant === verdict.variant,
  );
  const labels = Math.min(...looks.flatMap((look) => [look.labels.control, look.labels.variant]));
  if (labels >= minSamples) return verdict;
  const reason = `${inThousands(labels)} of the ${inThousands(minSamples)} outcomes per arm before which nothing is concluded`;
  const perVariant = verdict.perVariant.map((look) => ({ ...look, status: 'undecided' as const }));
  return { ...verdict, outcome: expired ? 'noDifference' : 'running', variant: null, reason, perVariant };
};

/**
 * Nothing is concluded while units that come back fare much worse; harm, and a split that is broken for good, are said as they are. What is judged once
 * cannot be held and judged again: it ends.
 */
const heldForReturning = (
  verdict: ExperimentVerdict,
  totals: Totals,
  { design, analysis }: LookInput['plan'],
): ExperimentVerdict => {
  const why =
    verdict.outcome === 'harm' || verdict.outcome === 'frozen' ? null : hurtOnReturn(totals, design);
  if (why === null) return verdict;
  const outcome = analysis === 'fixedHorizon' && isReached(verdict) ? 'unjudged' : 'frozen';
  return { ...verdict, outcome, variant: null, reason: why };
};

/** Of what was said before and stays said (`before`), the words are there. */
const phaseInWords = (
  verdict: ExperimentVerdict,
  { phase }: ProviderPhases,
  before: ExperimentVerdict | null | undefined,
): ExperimentVerdict =>
  phase === 0 || verdict === before || verdict.outcome === 'harm' || verdict.outcome === 'frozen'
    ? verdict
    : { ...verdict, reason: `${verdict.reason} (since what answers changed for the ${ordinal(phase)} time)` };

/** `proven` as it was before few outcomes held it back: what is out does not come in again for that. */
const allocationAfter = (
  { plan: { allocation, design }, weights }: LookInput,
  proven: ExperimentVerdict,
  totals: Totals,
): Judgement['allocation'] => {
  const { control, variants } = design;
  const { kind, floor } = allocation;
  if (kind === 'elimination') return weightsOncePutOut(allocation, control, proven.perVariant, weights);
  return nextWeights({ kind, floor }, [control, ...variants], totals, weights);
};

const BELOW_GATE = ' (better by less than was asked for so far: goes on until the cap)';

const belowGate = (verdict: ExperimentVerdict): ExperimentVerdict =>
  verdict.outcome === 'winner' && !verdict.reason.endsWith(BELOW_GATE)
    ? { ...verdict, reason: `${verdict.reason}${BELOW_GATE}` }
    : verdict;

const ordinal = (n: number): string => `${n}${n === 1 ? 'st' : n === 2 ? 'nd' : n === 3 ? 'rd' : 'th'}`;

/**
 * Judges an experiment after the windows that came since the last look. A window that is folded already changes nothing, so a look that is tried again
 * gives the same answer.
 *
 * Inference under an allocation that follows the outcomes: shares and tails are compared within periods given how many went where, and marks bet on the
 * weights that were in force, so the guarantee of `judgeExperiment` holds; means are refused when the experiment is designed (`designOf`).
 * Weights for the next period come from the past alone: from its totals, or (elimination) from what is proven, held back or not.
 * @throws RangeError or TypeError naming `windows[i]` (a stretch that overlaps what is folded), `scores`, `block` or `state.version`.
 */
export const judgeLook = (input: LookInput): Judgement => {
  const { plan, state } = input;
  const { foldMs, lookMs } = plan;
  const blocksPerLook = foldMs === undefined || lookMs === undefined ? 1 : Math.ceil(lookMs / foldMs);
  const start: Folded = {
    evidence: state.evidence,
    totals: state.totals,
    providers: state.providers,
    foldedToMs: state.foldedToMs,
  };
  const { evidence, totals, providers, foldedToMs } = input.windows.reduce(
    (folded, period, i) => foldWindow(folded, period, i, blocksPerLook),
    start,
  );
  const proven = verdictOf(input, evidence);
  const said = heldForReturning(heldBack(proven, input), totals, plan);
  const verdict = phaseInWords(said, providers, state.verdict ?? null);
  const { control } = plan.design;
  const spent = spentBy(totals, control);
  const conclusion = concludeExperiment({
    plan,
    evidence,
    verdict,
    totals,
    spent,
    expired: input.expired ?? false,
    ...(input.prePeriod !== undefined && { prePeriod: input.prePeriod }),
  });
  const goesOn = conclusion === null && verdict.outcome === 'running';
  return {
    evidence,
    foldedToMs,
    verdict: conclusion === null ? belowGate(verdict) : verdict,
    totals,
    spent,
    providers,
    allocation: goesOn ? allocationAfter(input, proven, totals) : null,
    conclusion,
  };
};
