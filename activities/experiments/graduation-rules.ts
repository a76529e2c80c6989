/** Whether a workflow may start the rollout of a winner: asked before days of traffic are spent on one that would be refused. */
import type { Problem } from '../../src/domain/failure.ts';
import type { Configuration } from '../../src/domain/orchestrator-wire.ts';
import type { ServiceSettings } from '../../src/domain/service-settings.ts';
import { hashOf } from '../hash-of.ts';
import type { ActivityPorts } from '../ports.ts';
import { shadowEvidence } from '../shadow-evidence.ts';
import { stepsOf, strategyOf } from '../strategy-rules.ts';
import type { AskedArm } from './arms-of.ts';

/** By the rules of `strategy-rules.ts` and `plan-rollout.ts`, of the rollout as the experiment starts it: with the settings of the service. */
export async function problemsOfGraduation(
  ports: Pick<ActivityPorts, 'decisions' | 'nowMs' | 'hash'>,
  settings: ServiceSettings,
  of: {
    readonly graduate: boolean;
    readonly stable: Configuration;
    readonly arms: readonly Pick<AskedArm, 'id' | 'body' | 'change'>[];
  },
): Promise<readonly Problem[]> {
  if (!of.graduate) return [];
  const rollout = { serviceId: settings.serviceId, change: {} };
  const strategy = strategyOf(rollout, settings);
  const steps = stepsOf(rollout, settings);
  const refused = (why: string): readonly Problem[] => [
    { field: 'graduate', value: true, expected: `false, as ${why}: a person rolls the winner out` },
  ];
  if (strategy === 'immediate')
    return refused('no workflow may start a rollout with strategy immediate, the one of this service');
  if (steps.some((weightPct) => weightPct < 100)) return [];
  const stableHash = hashOf(ports, of.stable);
  for (const { id, body, change } of of.arms) {
    if (change === null) continue;
    const pair = { stableHash, candidateHash: hashOf(ports, body) };
    if ((await shadowEvidence(ports, settings, pair)) === null)
      return refused(
        `a rollout of ${id} with strategy ${strategy} and steps ${steps.join(', ')} compares it with nothing, and there is no shadow evidence of it`,
      );
  }
  return [];
}
