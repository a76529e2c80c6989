/** An experiment on the gateway of a test's world, without the workflow that would put it there: somebody's, or one whose workflow has died. */
import { createRestOrchestrator } from '../../../src/adapters/rest-orchestrator/index.ts';
import { canonicalJson } from '../../../src/decision/index.ts';
import type { ExperimentDeployment, LiveConfiguration } from '../../../src/domain/orchestrator-wire.ts';
import { INCUMBENT, SERVICE, sha256, type World } from './world.ts';

interface ByHand {
  /** Whether its arms are in the store under its generation. */
  readonly recorded: boolean;
  readonly revision?: number;
  /** Model of the control: what is stable. */
  readonly control?: string;
}

export async function serveArms(
  world: World,
  generation: number,
  { recorded, revision = 1, control = INCUMBENT }: ByHand,
): Promise<LiveConfiguration> {
  const experiment: ExperimentDeployment = {
    id: 'experiment/by-hand',
    salt: 'salt',
    exposed_pct: 50,
    arms: [
      { id: 'control', weight: 0.5, configuration: { model: control } },
      { id: 'concise', weight: 0.5, configuration: { model: control, system_prompt: 'Be brief.' } },
    ],
  };
  if (recorded) {
    const bodies = experiment.arms.map(({ id, configuration }) => ({
      armId: id,
      body: configuration,
      hash: sha256(canonicalJson(configuration)),
    }));
    await world.stores.experiments.recordArms(SERVICE, generation, bodies);
  }
  const gateway = createRestOrchestrator({ url: world.url });
  const live = await gateway.setExperiment?.({
    serviceId: SERVICE,
    generation,
    revision,
    idempotencyKey: `experiment/${SERVICE}/${generation}/${revision}`,
    experiment,
    leaseMs: 600_000,
  });
  if (!live) throw new Error('the driver has no setExperiment');
  return live;
}
