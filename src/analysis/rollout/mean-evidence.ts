/**
 * What a mean's moments at one weight say about a guardrail: evidence of harm or of non-inferiority from the asymptotic sequence, its
 * level divided by the number of steps because it starts anew at each weight. Keeps nothing; `fold-block.ts` does.
 *
 * The limit of it: the sequence is asymptotic, and a tail that was not seen yet has no variance. Where .5 % of calls cost 100 times as much (mean
 * + 50 %, margin 10 %) an arm of 100 labels has none of them in 6 of 10 rollouts and looks as cheap as the other. The 5 % step, which asks to rule out
 * + 40 %, is then left wrongly in 65 % of rollouts with 100 labels asked, 14 % with 500, 8 % with 1,000 (claimed: .05; `simulate guardrails`,
 * `heavyCost`). A proof therefore holds only at the look that uses it and with the labels asked for. Ask for so many that the rare call is among
 * them, or judge a share of expensive calls. Capping values at a frozen quantile makes the test sound and the rare calls invisible: no way out.
 */
import type { GuardrailSpec } from '../../domain/guardrail.ts';
import { oneSidedMeanEvidence } from '../asymptotic.ts';
import type { Moments } from '../moments.ts';
import type { Statistic } from '../result.ts';
import type { MeanEvidence, PerArm, RolloutEvidence } from './evidence.ts';
import { marginShare, type Question } from './hypotheses.ts';
import { NON_INFERIORITY_ALPHA, PROOF_NEEDED } from './ladder.ts';

/** Planned observations of a mean per weight, in total: where its sequence is tightest. It need not be precise. */
export const MEAN_PLANNED_OBSERVATIONS = 2000;

/** Beyond this many labels of the candidate a projection is no longer told. */
const HOPELESS = 10_000_000;

/** Steps that share a mean's error probability. */
export const meanSteps = ({ ladder }: Pick<RolloutEvidence, 'ladder'>): number => Math.max(1, ladder.length);

/** Evidence that a mean's proof, or its harm, needs at any one weight. */
export const meanProofNeeded = (all: Pick<RolloutEvidence, 'ladder'>): number =>
  PROOF_NEEDED + Math.log(meanSteps(all));
export const meanHarmNeeded = (all: Pick<RolloutEvidence, 'ladder' | 'alpha'>): number =>
  Math.log(meanSteps(all) / all.alpha.harm);

/** Log of 1/p at these moments; undefined within the burn-in and without variance. */
export const meanLogE = (
  spec: GuardrailSpec,
  moments: PerArm<Moments>,
  all: Pick<RolloutEvidence, 'ladder' | 'alpha'>,
  question: Question,
  multiple: number,
): Statistic<number> => {
  const level = question === 'harm' ? all.alpha.harm : NON_INFERIORITY_ALPHA;
  const evidenceAbove = (spec.direction === 'decrease') === (question === 'harm');
  return oneSidedMeanEvidence(moments.stable, moments.candidate, {
    alpha: level / meanSteps(all),
    nOpt: MEAN_PLANNED_OBSERVATIONS,
    factor: 1 + marginShare(spec, multiple),
    side: evidenceAbove ? 'greater' : 'less',
  });
};

const scaled = ({ n, mean, m2 }: Moments, by: number): Moments => ({ n: n * by, mean, m2: m2 * by });

/**
 * About how many candidate labels more a mean's proof takes if both arms go on as they are: the moments grown until the evidence is
 * enough, and at least until both have `asked` labels at this weight; 0 when it is proven now. Null where that never happens or is out of sight.
 */
export const labelsToMeanProof = (
  spec: GuardrailSpec,
  evidence: MeanEvidence,
  all: Pick<RolloutEvidence, 'ladder' | 'alpha'>,
  multiple: number,
  asked: number,
): number | null => {
  const { stable, candidate } = evidence.moments;
  if (candidate.n < 2 || stable.n < 2) return null;
  const provenAt = (by: number): boolean => {
    const grown = { stable: scaled(stable, by), candidate: scaled(candidate, by) };
    const found = meanLogE(spec, grown, all, 'nonInferiority', multiple);
    return found.ok && found.value >= meanProofNeeded(all);
  };
  const least = Math.max(1, asked / candidate.n, asked / stable.n);
  if (provenAt(least)) return Math.ceil((least - 1) * candidate.n);
  let [low, high] = [least, HOPELESS / candidate.n];
  if (!(high > low) || !provenAt(high)) return null;
  for (let i = 0; i < 50; i++) {
    const middle = Math.sqrt(low * high);
    if (provenAt(middle)) high = middle;
    else low = middle;
  }
  return Math.max(1, Math.ceil((high - 1) * candidate.n));
};
