/**
 * The verdict of a Bayesian experiment: the chance that a variant is better than control, and what choosing it would lose on average. It says what is
 * believed given a flat prior, and holds no error rate when it is looked at again and again (statistics.md 2.9): every reason says so. Guardrails, harm
 * and a broken split are judged as ever, by evidence that may be looked at all the time.
 */
import {
  chanceMeanAbove,
  chanceRateAbove,
  expectedMeanLoss,
  expectedRateLoss,
  getsUnits,
  normalInverseGammaPosterior,
  ratePosterior,
  type ExperimentDesign,
  type ExperimentState,
  type ExperimentVerdict,
  type MeanPosterior,
  type VariantLook,
} from '../../analysis/index.ts';
import { inThousands, shortly } from './words.ts';

type Primary = ExperimentState['variants'][number]['primary'];

/** What is believed of one variant beside control. `expectedLoss` is in the metric's own unit, of choosing the variant. */
export interface Posterior {
  readonly chanceBetter: number;
  readonly expectedLoss: number;
}

/** A prior worth one observation, at what was observed: wide enough to say nothing, and proper. */
const meanPosteriorOf = (
  moments: Primary['stage']['control'],
  centre: number,
  spread: number,
): MeanPosterior =>
  normalInverseGammaPosterior(moments, {
    kind: 'normalInverseGamma',
    mu: centre,
    kappa: 0.01,
    alpha: 1,
    beta: spread,
  });

const ofMeans = ({ stage }: Primary, increase: boolean): Posterior | null => {
  const { control, variant } = stage;
  if (control.n < 2 || variant.n < 2) return null;
  const spread = (control.m2 + variant.m2) / (control.n + variant.n);
  if (!(spread > 0)) return null;
  const centre = (control.mean + variant.mean) / 2;
  const posteriors = [control, variant].map((arm) => meanPosteriorOf(arm, centre, spread));
  const above = chanceMeanAbove(posteriors[0]!, posteriors[1]!);
  const [, expectedLoss] = expectedMeanLoss(posteriors, increase ? 'max' : 'min');
  return { chanceBetter: increase ? above : 1 - above, expectedLoss: expectedLoss! };
};

/** From what blocks compared: counts, with the means weighted within blocks, so that drift under changing weights is no difference. */
const ofShares = ({ labels, effect }: Primary, increase: boolean): Posterior | null => {
  if (effect.weight <= 0) return null;
  const posterior = (n: number, sum: number) => {
    const share = Math.min(1, Math.max(0, sum / effect.weight));
    return ratePosterior(n * share, n * (1 - share));
  };
  const a = posterior(labels.control, effect.control);
  const b = posterior(labels.variant, effect.variant);
  const above = chanceRateAbove(a, b);
  const [, expectedLoss] = expectedRateLoss([a, b], increase ? 'max' : 'min');
  return { chanceBetter: increase ? above : 1 - above, expectedLoss: expectedLoss! };
};

/** Null while there is nothing to believe anything by. */
export const posteriorOf = (primary: Primary, { primary: metric }: ExperimentDesign): Posterior | null => {
  const increase = metric.direction === 'increase';
  return metric.kind === 'mean' ? ofMeans(primary, increase) : ofShares(primary, increase);
};

/** A variant is chosen when choosing it loses at most this part of the smallest effect worth finding. */
const TOLERATED_LOSS = 0.05;

const CAVEAT = 'a posterior, which holds no error rate when it is looked at again and again';

const lookOf = (
  look: VariantLook,
  posterior: Posterior | null,
  { design }: ExperimentState,
  minimumEffect: number,
): VariantLook => {
  if (posterior === null) return { ...look, status: 'undecided' };
  const { chanceBetter, expectedLoss } = posterior;
  // Bonferroni, in keeping with the other analyses: more variants, more chances to be fooled.
  const doubt = design.alpha / design.variants.length;
  const surelyBetter = chanceBetter >= 1 - doubt && expectedLoss <= TOLERATED_LOSS * Math.abs(minimumEffect);
  const status = surelyBetter ? 'better' : chanceBetter <= doubt ? 'worse' : 'undecided';
  const belief = `better than control with ${(chanceBetter * 100).toFixed(1)} %, expected loss ${shortly(expectedLoss)}`;
  return { ...look, status, reason: `${look.variant} is ${belief} (${CAVEAT})` };
};

const mayWin = ({ status, guardrails }: VariantLook): boolean =>
  status === 'better' && guardrails.every(({ required, outcome }) => !required || outcome === 'pass');

/** The verdict by belief, in the terms of `judgeExperiment`, whose verdict on the same evidence is `anytime`. */
export const judgePosterior = (
  state: ExperimentState,
  anytime: ExperimentVerdict,
  { expired, minimumEffect }: { readonly expired: boolean; readonly minimumEffect: number },
): ExperimentVerdict => {
  if (anytime.outcome === 'harm' || anytime.outcome === 'frozen') return anytime;
  const posteriors = state.variants.map(({ primary }) => posteriorOf(primary, state.design));
  const perVariant = anytime.perVariant.map((look, i) => lookOf(look, posteriors[i]!, state, minimumEffect));
  const reason = perVariant.map((look) => look.reason).join('; ');
  const ofAll = { ...anytime, perVariant, variant: null, reason };
  const chance = (look: VariantLook): number => posteriors[perVariant.indexOf(look)]?.chanceBetter ?? 0;
  const able = perVariant.filter(mayWin);
  if (able.length > 0) {
    const winner = able.reduce((kept, look) => (chance(look) > chance(kept) ? look : kept));
    return { ...ofAll, outcome: 'winner', variant: winner.variant, reason: winner.reason };
  }
  // One that gets no units any more is not waited for.
  const live = perVariant.filter(({ variant }) => getsUnits(state, variant));
  const noneBetter = perVariant.every(({ status }) => status !== 'better');
  if (noneBetter && live.every(({ status }) => status === 'worse'))
    return { ...ofAll, outcome: 'controlBetter' };
  const { capPerArm } = state.design;
  const open = live.filter(({ status }) => status !== 'worse');
  const fewest = Math.min(...open.map(({ labels }) => Math.min(labels.control, labels.variant)));
  if (expired || fewest >= capPerArm) {
    const end = fewest >= capPerArm ? `the cap of ${inThousands(capPerArm)} is reached` : 'time is up';
    return { ...ofAll, outcome: 'noDifference', reason: `${end}: ${reason}` };
  }
  return { ...ofAll, outcome: 'running' };
};
