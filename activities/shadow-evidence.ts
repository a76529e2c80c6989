/**
 * Finds the shadow comparison that a change without a control arm may rest on. It reads decisions of kind `shadow`, whose `detail` names the pair
 * as `{candidateHash, stableHash}`; whoever records them judges.
 */
import { durationMs } from '../src/domain/duration.ts';
import type { ServiceSettings } from '../src/domain/service-settings.ts';
import type { DecisionRecord } from '../src/ports/stores.ts';
import type { RolloutPlan } from '../src/state/rollout/index.ts';
import type { ActivityPorts } from './ports.ts';

/** A shadow records a decision when its outcome changes, not at each look: more than this many are not of one bound's time. */
const SEARCHED = 500;

/** What a shadow found that says something; nothing else takes earlier evidence back. */
const DECISIVE: ReadonlySet<string> = new Set(['healthy', 'harm']);

/**
 * The newest healthy shadow decision of exactly this pair of configurations, not older than `rollout.shadowEvidenceFor`; null when there is none, and when
 * a later one of the pair found harm.
 */
export async function shadowEvidence(
  ports: Pick<ActivityPorts, 'decisions' | 'nowMs'>,
  settings: ServiceSettings,
  pair: { readonly candidateHash: string; readonly stableHash: string },
): Promise<DecisionRecord | null> {
  const { serviceId, rollout } = settings;
  const sinceMs = ports.nowMs() - durationMs(rollout.shadowEvidenceFor);
  const found = await ports.decisions.list({ serviceId, kind: 'shadow', limit: SEARCHED });
  const newest = found.find(
    ({ atMs, outcome, detail }) => atMs >= sinceMs && DECISIVE.has(outcome) && isAbout(detail, pair),
  );
  return newest?.outcome === 'healthy' ? newest : null;
}

/** The plan, resting on shadow evidence where no step of it has a control arm and there is some. An immediate change rests on nothing. */
export async function withShadowEvidence(
  ports: Pick<ActivityPorts, 'decisions' | 'nowMs'>,
  settings: ServiceSettings,
  plan: RolloutPlan,
): Promise<RolloutPlan> {
  if (plan.strategy === 'immediate' || plan.steps.some((weightPct) => weightPct < 100)) return plan;
  const found = await shadowEvidence(ports, settings, plan);
  if (!found) return plan;
  return { ...plan, restsOn: { decisionId: found.id, hash: found.hash, atMs: found.atMs } };
}

function isAbout(
  detail: unknown,
  { candidateHash, stableHash }: { readonly candidateHash: string; readonly stableHash: string },
): boolean {
  if (typeof detail !== 'object' || detail === null) return false;
  const named = detail as Readonly<Record<string, unknown>>;
  return named['candidateHash'] === candidateHash && named['stableHash'] === stableHash;
}
