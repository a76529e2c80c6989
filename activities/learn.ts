/** Keeps what an experiment has taught, when it was one that was proposed here. */
import type { LeaseHolder } from '../src/ports/stores.ts';
import type { ExperimentOutcome, ExperimentPlan } from '../src/state/experiment/index.ts';
import {
  learnFrom,
  settingBetween,
  type LearnedOutcome,
  type VariantEnd,
} from '../src/strategies/learning/index.ts';
import type { ActivityPorts } from './ports.ts';

/** The part of an experiment's state that teaches. */
export interface EndedExperiment {
  readonly plan: Pick<ExperimentPlan, 'serviceId' | 'name' | 'generation'> & {
    readonly arms: readonly { readonly id: string }[];
  };
  readonly outcome: ExperimentOutcome | null;
  readonly conclusion: { readonly variant: string | null } | null;
  readonly ending?: { readonly byHand?: true } | null;
  readonly verdict: { readonly perVariant: readonly VariantEnd[] } | null;
}

/**
 * Record. Key: workflow, generation and variant; a second run changes nothing. To be called when an experiment has ended. What somebody
 * stopped, took back or refused teaches nothing, whatever its evidence said.
 */
export async function learnFromExperiment(
  ports: Pick<ActivityPorts, 'experiments' | 'learned'>,
  state: EndedExperiment,
  { workflowId }: Pick<LeaseHolder, 'workflowId'>,
  atMs: number,
): Promise<readonly LearnedOutcome[]> {
  const { plan, outcome, conclusion, verdict, ending } = state;
  if (outcome === null || verdict === null) return [];
  const arms = await ports.experiments.arms(plan.serviceId, plan.generation);
  const control = arms.find(({ armId }) => armId === plan.arms[0]?.id)?.body ?? {};
  const learned = learnFrom({
    serviceId: plan.serviceId,
    experiment: `${workflowId}/${plan.generation}`,
    name: plan.name,
    conclusion: { outcome, variant: conclusion?.variant ?? null },
    byHand: ending?.byHand === true,
    perVariant: verdict.perVariant,
    changes: Object.fromEntries(arms.map(({ armId, body }) => [armId, settingBetween(control, body)])),
    atMs,
  });
  await ports.learned.record(learned);
  return learned;
}
