/**
 * The verdict of one look at an experiment. No data make it throw, and it may be asked as often as one likes: peeking is free. Nothing arrived, one arm
 * alone, constant or missing data each say `running` with a reason, until the cap or the end of the time says `noDifference`.
 */
import { SAMPLE_RATIO_LIMIT } from '../sample-ratio.ts';
import { judgeVariants } from './judge-variants.ts';
import { getsUnits, hasSpentStages } from './stage.ts';
import { requireVersion, type ExperimentState } from './state.ts';
import type { ExperimentVerdict, VariantLook } from './verdict.ts';
import { inThousands } from './wording.ts';

/** `expired`: no more blocks will come, because the longest duration is over. */
export interface JudgeContext {
  readonly expired?: boolean;
}

/** Size of the observed benefit, whichever direction is good. */
const benefitOf = ({ observed }: VariantLook): number => Math.abs(observed.difference ?? 0);

const withoutProof = ({ guardrails }: VariantLook): readonly VariantLook['guardrails'][number][] =>
  guardrails.filter(({ required, outcome }) => required && outcome !== 'pass');

const best = (looks: readonly VariantLook[]): VariantLook | undefined =>
  looks.reduce<VariantLook | undefined>(
    (kept, look) => (kept === undefined || benefitOf(look) > benefitOf(kept) ? look : kept),
    undefined,
  );

/** Those that still get units: one without a weight has no outcomes to come. */
const withUnits = (state: ExperimentState, looks: readonly VariantLook[]): readonly VariantLook[] =>
  looks.filter(({ variant }) => getsUnits(state, variant));

/**
 * Outcomes of the arm that has fewer, in the variant that is furthest behind among those still undecided. One that gets no units any more is not
 * waited for.
 */
const fewestLabels = (state: ExperimentState, looks: readonly VariantLook[]): number =>
  Math.min(
    ...withUnits(state, looks)
      .filter(({ status }) => status !== 'worse')
      .map(({ labels }) => Math.min(labels.control, labels.variant)),
  );

const open = (looks: readonly VariantLook[]): string =>
  looks
    .map((look) => {
      const missing = look.status === 'better' ? withoutProof(look).map(({ reason }) => reason) : [];
      return `${look.variant}: ${[look.reason, ...missing].join('; ')}`;
    })
    .join('. ');

type Decision = Pick<ExperimentVerdict, 'outcome' | 'variant' | 'reason'>;

const decide = (state: ExperimentState, looks: readonly VariantLook[], expired: boolean): Decision => {
  const { design, sampleRatio, scoreRatio } = state;
  for (const { variant, guardrails } of looks) {
    const harm = guardrails.find(({ required, outcome }) => required && outcome === 'harm');
    if (harm !== undefined) return { outcome: 'harm', variant, reason: `${variant}: ${harm.reason}` };
  }
  if (sampleRatio?.mismatch === true) {
    const evidence = `log Bayes factor ${sampleRatio.maxLogBayesFactor.toFixed(1)} of ${SAMPLE_RATIO_LIMIT.toFixed(1)}`;
    const reason = `units are not split as the weights say (${evidence}), so no verdict can be trusted`;
    return { outcome: 'frozen', variant: null, reason };
  }
  if (scoreRatio?.mismatch === true) {
    const evidence = `log Bayes factor ${scoreRatio.maxLogBayesFactor.toFixed(1)} of ${SAMPLE_RATIO_LIMIT.toFixed(1)}`;
    const reason = `graded outcomes are not split as the weights say (${evidence}), so no verdict can be trusted`;
    return { outcome: 'frozen', variant: null, reason };
  }
  const unlike = looks.find(({ labelParity }) => labelParity?.mismatch === true);
  if (unlike !== undefined) {
    const { logE, limit } = unlike.labelParity!;
    const evidence = `log e ${logE.toFixed(1)} of ${limit.toFixed(1)}`;
    const reason = `${unlike.variant} is not labelled as often as control (${evidence}), so no verdict can be trusted`;
    return { outcome: 'frozen', variant: null, reason };
  }
  if (state.lastBlockNo === null) {
    return expired
      ? { outcome: 'noDifference', variant: null, reason: 'time is up before any block came' }
      : { outcome: 'running', variant: null, reason: 'no block came yet' };
  }
  const winner = best(looks.filter((look) => look.status === 'better' && withoutProof(look).length === 0));
  if (winner !== undefined) {
    const reasons = [winner.reason, ...winner.guardrails.filter((g) => g.required).map((g) => g.reason)];
    return { outcome: 'winner', variant: winner.variant, reason: `${winner.variant}: ${reasons.join('; ')}` };
  }
  const proven = looks.some(({ status }) => status === 'better');
  if (!proven && withUnits(state, looks).every(({ status }) => status === 'worse')) {
    return { outcome: 'controlBetter', variant: null, reason: open(looks) };
  }
  if (!proven && hasSpentStages(state)) return { outcome: 'unjudged', variant: null, reason: open(looks) };
  const labels = fewestLabels(state, looks);
  if (labels >= design.capPerArm || expired) {
    const end =
      labels >= design.capPerArm
        ? `the cap of ${inThousands(design.capPerArm)} outcomes per arm is reached`
        : `time is up at ${inThousands(labels)} of ${inThousands(design.capPerArm)} outcomes per arm`;
    const result = proven ? 'no winner, for want of proof on a guardrail' : 'no difference detected';
    return { outcome: 'noDifference', variant: null, reason: `${result}: ${end}. ${open(looks)}` };
  }
  return { outcome: 'running', variant: null, reason: open(looks) };
};

/**
 * Judges an experiment on the evidence folded so far. Of several winners the one with the largest observed benefit is named (ties: the
 * first); it is proven better than control, not better than the other variants.
 *
 * Guarantee, at any number of looks: some variant without an effect is called better or worse with probability at most `alpha`
 * (exact for proportions, scores and tails, asymptotic for means); a variant that is worse by a guardrail's margin passes it with at
 * most `alpha`; harm that is not there stops an experiment with at most `harmAlpha`; a sound split is called broken with at most .001, and so are
 * label rates that are alike. It fails when arms do not run at the same time, when labels come at different rates and nobody counts them, when a unit contributes several outcomes, or when the design changes while it runs.
 * @throws RangeError naming `state.version`, for a state of another version of this code; TypeError naming `expired`.
 */
export const judgeExperiment = (
  state: ExperimentState,
  { expired = false }: JudgeContext = {},
): ExperimentVerdict => {
  requireVersion(state);
  if (typeof expired !== 'boolean') {
    throw new TypeError(`expired must be true or false, got ${JSON.stringify(expired)}`);
  }
  const perVariant = judgeVariants(state);
  const { sampleRatio } = state;
  return {
    ...decide(state, perVariant, expired),
    perVariant,
    sampleRatio:
      sampleRatio === null
        ? null
        : {
            logBayesFactor: sampleRatio.logBayesFactor,
            limit: SAMPLE_RATIO_LIMIT,
            mismatch: sampleRatio.mismatch,
          },
  };
};
