/**
 * The verdict of an experiment that is judged once, at its planned size: the usual tests, with Holm over the variants. Before that it only knows harm and
 * a broken split, by the evidence that may be looked at all the time. Looking once is what makes the usual tests right, so it must not be asked for a
 * second sample of the same experiment.
 */
import {
  holm,
  meanNonInferiority,
  rateNonInferiority,
  twoProportions,
  welchOfMoments,
  type ExperimentGuardrail,
  type ExperimentState,
  type ExperimentVerdict,
  type VariantLook,
} from '../../analysis/index.ts';
import { inThousands } from './words.ts';

type VariantEvidence = ExperimentState['variants'][number];
type GuardrailEvidence = VariantEvidence['guardrails'][number];

/** Two-sided p of "no difference"; 1 where there is no test. */
const pOfDifference = ({ primary }: VariantEvidence): number => {
  const { superiority, stage } = primary;
  if (superiority.kind === 'blocks') {
    const { nA, sA, nB, sB } = superiority;
    const whole = (n: number, successes: number) => ({ n, successes: Math.round(successes) });
    if (nA === 0 || nB === 0) return 1;
    const found = twoProportions(whole(nA, sA), whole(nB, sB));
    return found.ok ? found.value.p.twoSided : 1;
  }
  const found = welchOfMoments(stage.control, stage.variant);
  return found.ok ? found.value.p.twoSided : 1;
};

/** Whether the loss is ruled out by the fixed-size test. */
const passes = (
  { nonInferiority, stage }: GuardrailEvidence,
  { metric, margin }: ExperimentGuardrail,
  alpha: number,
): boolean => {
  const better = metric.direction === 'increase' ? 'higher' : 'lower';
  // A tail's relative margin is in what was counted, so its shares must only not be higher at all: the e-process has that form.
  if (metric.kind === 'tail' && margin.kind === 'relative')
    return nonInferiority.maxLogE >= Math.log(1 / alpha);
  const options = {
    alpha,
    better,
    kind: margin.kind,
    margin: margin.kind === 'relative' ? margin.pct / 100 : margin.amount,
  } as const;
  if (nonInferiority.kind === 'blocks') {
    const { nA, sA, nB, sB } = nonInferiority;
    if (nA === 0 || nB === 0) return false;
    const [a, b] = [
      { n: nA, successes: Math.round(sA) },
      { n: nB, successes: Math.round(sB) },
    ];
    const found = rateNonInferiority(a, b, options);
    return found.ok && found.value.nonInferior;
  }
  const found = meanNonInferiority(stage.control, stage.variant, options);
  return found.ok && found.value.nonInferior;
};

const statusOf = (
  look: VariantLook,
  pAdjusted: number,
  { design }: ExperimentState,
): VariantLook['status'] => {
  const difference = look.observed.difference ?? 0;
  if (pAdjusted > design.alpha || difference === 0) return 'undecided';
  return difference > 0 === (design.primary.direction === 'increase') ? 'better' : 'worse';
};

const judged = (
  look: VariantLook,
  pAdjusted: number,
  evidence: VariantEvidence,
  state: ExperimentState,
): VariantLook => {
  const status = statusOf(look, pAdjusted, state);
  return {
    ...look,
    status,
    pAdjusted,
    labelsNeeded: 0,
    reason: `${status} at the planned size (p ${pAdjusted.toPrecision(2)} of ${state.design.alpha})`,
    guardrails: look.guardrails.map((guardrail, i): VariantLook['guardrails'][number] => {
      if (guardrail.outcome === 'harm' || guardrail.outcome === 'noData') return guardrail;
      // A second test beside the one at the size would have an error probability of its own.
      const passed = passes(evidence.guardrails[i]!, state.design.guardrails[i]!, state.design.alpha);
      return { ...guardrail, outcome: passed ? 'pass' : 'inconclusive' };
    }),
  };
};

const isProven = ({ status, guardrails }: VariantLook): boolean =>
  status === 'better' && guardrails.every(({ required, outcome }) => !required || outcome === 'pass');

/** Said at the size, and not of harm or a broken split. */
export const isReached = ({ outcome }: ExperimentVerdict): boolean =>
  outcome === 'winner' || outcome === 'controlBetter' || outcome === 'noDifference' || outcome === 'unjudged';

/** Whether something else answers than when it was judged. What does not say its phase (by a release from before) is kept. */
const isOutOfDate = ({ phase, outcome }: ExperimentVerdict, { stage }: ExperimentState): boolean =>
  outcome !== 'unjudged' && phase !== undefined && stage !== null && stage.asked !== phase;

const fewest = (looks: readonly VariantLook[]): number =>
  Math.min(...looks.map(({ labels }) => Math.min(labels.control, labels.variant)));

/**
 * The verdict at the fixed size, in the terms of `judgeExperiment`, whose verdict on the same evidence is `anytime`. Until every arm has
 * `capPerArm` outcomes, or time is up, it is `running`. `before` is what the last look said: a verdict that was reached stays, while somebody pauses or
 * an approval is waited for, until something else answers than what it was said of: then nothing can be said any more (`unjudged`). At that look each p is of one test; the error probability alpha holds for that look alone.
 */
export const judgeAtSize = (
  state: ExperimentState,
  anytime: ExperimentVerdict,
  expired: boolean,
  before: ExperimentVerdict | null = null,
): ExperimentVerdict => {
  if (anytime.outcome === 'harm' || anytime.outcome === 'frozen') return anytime;
  if (before !== null && isReached(before)) {
    if (!isOutOfDate(before, state)) return before;
    const reason = `it is judged once, and was (${before.outcome}), but something else answers since then`;
    const perVariant = anytime.perVariant.map((look) => ({ ...look, status: 'undecided' as const, reason }));
    return { ...anytime, outcome: 'unjudged', variant: null, reason, perVariant };
  }
  const { capPerArm } = state.design;
  const labels = fewest(anytime.perVariant);
  if (labels < capPerArm && !expired) {
    const reason = `${inThousands(labels)} of the ${inThousands(capPerArm)} outcomes per arm at which it is judged, once`;
    const perVariant = anytime.perVariant.map((look) => ({ ...look, status: 'undecided' as const, reason }));
    return { ...anytime, outcome: 'running', variant: null, reason, perVariant };
  }
  const phase = state.stage?.asked ?? 0;
  const adjusted = holm(state.variants.map(pOfDifference));
  const perVariant = anytime.perVariant.map((look, i) =>
    judged(look, adjusted[i]!, state.variants[i]!, state),
  );
  const reason = perVariant.map((look) => `${look.variant}: ${look.reason}`).join('; ');
  const proven = perVariant.filter(isProven);
  if (proven.length > 0) {
    const gain = ({ observed }: VariantLook): number => Math.abs(observed.difference ?? 0);
    const winner = proven.reduce((kept, look) => (gain(look) > gain(kept) ? look : kept));
    return { ...anytime, perVariant, outcome: 'winner', variant: winner.variant, reason, phase };
  }
  const outcome = perVariant.every(({ status }) => status === 'worse') ? 'controlBetter' : 'noDifference';
  return { ...anytime, perVariant, outcome, variant: null, reason, phase };
};
