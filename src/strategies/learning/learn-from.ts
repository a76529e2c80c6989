/** What a concluded experiment teaches about each of its variants. Only what the evidence says counts: what people or incidents ended teaches nothing. */
import type { Change } from '../../domain/change.ts';
import type { ExperimentConclusion } from '../../state/experiment/index.ts';
import type { LearnedOutcome, LearnedResult } from './learned.ts';
import { camel, triedIn } from './names.ts';
import { settingKey } from './setting-key.ts';

/** The part of a variant's last look that counts here. */
export interface VariantEnd {
  readonly variant: string;
  readonly status: 'better' | 'worse' | 'undecided';
  readonly observed: { readonly difference: number | null };
}

export interface ConcludedExperiment {
  readonly serviceId: string;
  /** A name that no second experiment has, such as workflow id and run id. */
  readonly experiment: string;
  /** As `experimentName` gave it. */
  readonly name: string;
  readonly conclusion: Pick<ExperimentConclusion, 'outcome' | 'variant'>;
  /** A person named the variant that is rolled out, whatever was proven. */
  readonly byHand?: boolean;
  readonly perVariant: readonly VariantEnd[];
  /** What each variant changed; needed for parameters, whose origin is the setting. */
  readonly changes: Readonly<Record<string, Change>>;
  readonly atMs: number;
}

const CONCLUSIVE = ['adopted', 'keptControl', 'noDifference', 'harmed', 'expired', 'budgetSpent'];

function resultOf(
  { variant, status }: VariantEnd,
  { outcome, variant: named }: ConcludedExperiment['conclusion'],
): LearnedResult {
  if (outcome === 'adopted' && variant === named) return 'won';
  if (outcome === 'harmed' && variant === named) return 'lost';
  return status === 'worse' ? 'lost' : 'undecided';
}

/**
 * One outcome per variant. None when the experiment was not proposed here, or ended without the evidence having a say (promoted by hand, stopped, rolled
 * back, rejected, superseded, failed). A variant that is better by less than the service asks for is undecided: it did not help.
 */
export function learnFrom(concluded: ConcludedExperiment): readonly LearnedOutcome[] {
  const { serviceId, experiment, name, conclusion, byHand, perVariant, changes, atMs } = concluded;
  const tried = triedIn(name);
  if (tried === null || byHand === true || !CONCLUSIVE.includes(conclusion.outcome)) return [];
  return perVariant.flatMap((end) => {
    const change = changes[end.variant];
    const origin =
      tried.what === 'prompts' ? camel(end.variant) : change === undefined ? null : settingKey(change);
    if (origin === null) return [];
    return [
      {
        serviceId,
        experiment,
        variant: end.variant,
        ...tried,
        origin,
        result: resultOf(end, conclusion),
        effect: end.observed.difference,
        atMs,
      },
    ];
  });
}
