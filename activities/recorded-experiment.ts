/** Whether the experiment that a gateway serves is one that was recorded. What is done about one that was not is the caller's to decide. */
import { sameConfiguration } from '../src/domain/change.ts';
import type { LiveExperiment } from '../src/domain/orchestrator-wire.ts';
import type { ActivityPorts } from './ports.ts';

/** Whether each of its arms is in the store under its generation, whatever its weight. */
export async function isRecordedExperiment(
  { experiments }: Pick<ActivityPorts, 'experiments'>,
  serviceId: string,
  { generation, arms }: LiveExperiment,
): Promise<boolean> {
  const recorded = await experiments.arms(serviceId, generation);
  return arms.every(({ id, configuration }) =>
    recorded.some(({ armId, body }) => armId === id && sameConfiguration(body, configuration)),
  );
}
