/**
 * Which model, if any, should replace the incumbent for cost: among those whose recorded quality, paired by query, is not below the
 * incumbent's, the Pareto front first, then the cheapest. The live margin of a rollout is tolerance for noise and plays no part here, else a
 * service would lose a little at every change. It only proposes: live traffic has the last word.
 */
import { paretoFront } from '../analysis/pareto.ts';
import {
  comparePaired,
  recordedOf,
  requireAnswers,
  type PairedComparison,
  type Recorded,
  type RecordedAnswer,
} from './paired-outcomes.ts';

/** Fewer paired queries than this say nothing about a candidate. */
export const MIN_PAIRS = 30;

/** A mean difference this close to 0 is rounding of equal sums. */
const ROUNDING = 1e-12;

/** What to choose from. */
export interface ChoiceInput {
  readonly incumbent: string;
  /** In order of preference: ties go to the first. The incumbent and repeats among them are passed over. */
  readonly candidates: readonly string[];
  /** Recorded answers per model. A model without any cannot qualify. */
  readonly outcomes: Readonly<Record<string, readonly RecordedAnswer[]>>;
  /** The service's quality frozen when it was adopted, 0..1; null or left out: nothing is held against it. */
  readonly qualityReference?: number | null;
  /** Total loss since that reference that is borne, in per cent of it. 1 when left out. */
  readonly maxTotalQualityLossPct?: number;
  /** A swap must save at least this much, in per cent of the incumbent's cost. 10 when left out. */
  readonly minCostReductionPct?: number;
  readonly constraints?: { readonly minQuality?: number; readonly maxCostPerRequestUsd?: number };
}

/** What was found about one candidate, and why it qualifies or does not. `quality` and `costUsd` are the incumbent's moved by the paired comparison. */
export interface CandidateReport {
  readonly model: string;
  readonly qualified: boolean;
  readonly reason: string;
  readonly comparison: PairedComparison | null;
  readonly quality: number | null;
  readonly costUsd: number | null;
}

/** The choice. `chosen` is null when there is nothing to do; `reason` says why in one sentence. */
export interface Choice {
  readonly chosen: string | null;
  readonly reason: string;
  readonly incumbent: { readonly model: string; readonly recorded: Recorded | null };
  readonly candidates: readonly CandidateReport[];
}

const points = (difference: number): string =>
  `${difference < 0 ? '-' : '+'}${Math.abs(difference * 100).toFixed(2)} points`;

const usd = (value: number): string => `${Number(value.toPrecision(3))} USD`;

const describe = ({ pairs, qualityDifference, interval, costRatio }: PairedComparison): string => {
  const range = interval === null ? '' : ` (95 %: ${points(interval.low)} to ${points(interval.high)})`;
  const cost = costRatio === null ? 'cost not comparable' : `${(costRatio * 100).toFixed(1)} % of the cost`;
  return `quality ${points(qualityDifference)}${range} over ${pairs} paired queries, ${cost}`;
};

interface Limits {
  readonly qualityReference: number | null;
  readonly maxTotalQualityLossPct: number;
  readonly minCostReductionPct: number;
  readonly minQuality: number;
  readonly maxCostPerRequestUsd: number;
}

/** The first rule that a candidate breaks, null when it breaks none. */
const objection = (
  { pairs, qualityDifference, costRatio }: PairedComparison,
  quality: number,
  costUsd: number | null,
  limits: Limits,
): string | null => {
  if (pairs < MIN_PAIRS) return `${pairs} paired queries, ${MIN_PAIRS} are needed`;
  if (qualityDifference < -ROUNDING) return 'below the incumbent';
  const { qualityReference: reference, maxTotalQualityLossPct: lossPct } = limits;
  if (reference !== null && quality < reference * (1 - lossPct / 100)) {
    const floor = (reference * (1 - lossPct / 100)).toFixed(4);
    return `quality ${quality.toFixed(4)} is below ${floor}, ${lossPct} % under the frozen reference ${reference.toFixed(4)}`;
  }
  if (quality < limits.minQuality) return `quality ${quality.toFixed(4)} is below ${limits.minQuality}`;
  if (costRatio === null || costUsd === null) return 'the incumbent costs nothing, so nothing can be saved';
  if (costUsd > limits.maxCostPerRequestUsd) {
    return `${usd(costUsd)} per request is above ${usd(limits.maxCostPerRequestUsd)}`;
  }
  const savedPct = (1 - costRatio) * 100;
  return savedPct < limits.minCostReductionPct
    ? `saves ${savedPct.toFixed(1)} %, at least ${limits.minCostReductionPct} % is asked`
    : null;
};

const report = (
  model: string,
  answers: readonly RecordedAnswer[],
  incumbentAnswers: readonly RecordedAnswer[],
  recorded: Recorded,
  limits: Limits,
): CandidateReport => {
  const comparison = comparePaired(incumbentAnswers, answers);
  if (comparison === null) {
    const reason = 'no query was answered by both it and the incumbent';
    return { model, qualified: false, reason, comparison, quality: null, costUsd: null };
  }
  const quality = recorded.quality + comparison.qualityDifference;
  const costUsd = comparison.costRatio === null ? null : recorded.costUsd * comparison.costRatio;
  const against = objection(comparison, quality, costUsd, limits);
  const facts = describe(comparison);
  return {
    model,
    qualified: against === null,
    reason: against === null ? facts : `${against}: ${facts}`,
    comparison,
    quality,
    costUsd,
  };
};

const requirePct = (value: number, name: string): void => {
  if (!(value >= 0 && value <= 100)) throw new RangeError(`${name} must be from 0 to 100, got ${value}`);
};

const limitsOf = (input: ChoiceInput): Limits => {
  const limits = {
    qualityReference: input.qualityReference ?? null,
    maxTotalQualityLossPct: input.maxTotalQualityLossPct ?? 1,
    minCostReductionPct: input.minCostReductionPct ?? 10,
    minQuality: input.constraints?.minQuality ?? 0,
    maxCostPerRequestUsd: input.constraints?.maxCostPerRequestUsd ?? Infinity,
  };
  requirePct(limits.maxTotalQualityLossPct, 'maxTotalQualityLossPct');
  requirePct(limits.minCostReductionPct, 'minCostReductionPct');
  if (!(limits.minQuality >= 0 && limits.minQuality <= 1)) {
    throw new RangeError(`minQuality must be from 0 to 1, got ${limits.minQuality}`);
  }
  if (!(limits.maxCostPerRequestUsd >= 0)) {
    throw new RangeError(`maxCostPerRequestUsd must be a number from 0, got ${limits.maxCostPerRequestUsd}`);
  }
  const { qualityReference: reference } = limits;
  if (reference !== null && !(reference >= 0 && reference <= 1)) {
    throw new RangeError(`qualityReference must be from 0 to 1, got ${reference}`);
  }
  return limits;
};

const bestOf = (reports: readonly CandidateReport[]): CandidateReport | null => {
  const qualified = reports.filter((r) => r.qualified);
  const spots = qualified.map((r) => ({ quality: r.quality ?? 0, cost: r.costUsd ?? Infinity, latency: 0 }));
  return paretoFront(spots).reduce<CandidateReport | null>((best, i) => {
    const next = qualified[i]!;
    return best === null || (next.costUsd ?? Infinity) < (best.costUsd ?? Infinity) ? next : best;
  }, null);
};

/**
 * Chooses the model to try next, or none. A candidate qualifies when, over at least `MIN_PAIRS` queries that it and the incumbent both answered,
 * its mean quality is not below the incumbent's, the total loss since the frozen reference stays within its bound, and it saves enough.
 * Nothing below the incumbent is ever chosen, whatever it saves. Depends on nothing but its argument; the order of the answers does not matter.
 * @throws RangeError naming the field of an answer, or the limit, that is out of range.
 */
export const chooseCandidate = (input: ChoiceInput): Choice => {
  const limits = limitsOf(input);
  const answersOf = (model: string): readonly RecordedAnswer[] =>
    Object.hasOwn(input.outcomes, model)
      ? [...(input.outcomes[model] ?? [])].sort((a, b) => (a.queryId < b.queryId ? -1 : 1))
      : [];
  const models = [...new Set(input.candidates)].filter((model) => model !== input.incumbent);
  for (const model of [input.incumbent, ...models]) requireAnswers(`outcomes.${model}`, answersOf(model));
  const incumbentAnswers = answersOf(input.incumbent);
  const recorded = recordedOf(incumbentAnswers);
  const incumbent = { model: input.incumbent, recorded };
  if (recorded === null) {
    const reason = `nothing to do: no outcome of the incumbent ${input.incumbent} is recorded`;
    return { chosen: null, reason, incumbent, candidates: [] };
  }
  const candidates = models.map((m) => report(m, answersOf(m), incumbentAnswers, recorded, limits));
  const best = bestOf(candidates);
  const among = `${candidates.filter((c) => c.qualified).length} of ${candidates.length} candidates qualify`;
  return best === null
    ? { chosen: null, reason: `nothing to do: ${among}`, incumbent, candidates }
    : { chosen: best.model, reason: `${best.model}: ${best.reason}; ${among}`, incumbent, candidates };
};
