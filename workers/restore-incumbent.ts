/**
 * Puts the service back to the configuration it was adopted with, when finished stories are told anew on the same data: by
 * the product's own `restoreConfiguration`.
 */
import type { Client } from '@temporalio/client';
import type { Stores } from '../src/adapters/postgres/index.ts';
import type { Screen } from '../src/cli/screen.ts';
import type { StoryProgress } from '../src/cli/story-file.ts';

/** The story, with the generation under which the incumbent is live now. A service that nobody changed is left alone. */
export async function restoreIncumbent(of: {
  readonly client: Client;
  readonly taskQueue: string;
  readonly stores: Pick<Stores, 'configurations'>;
  readonly story: StoryProgress;
  readonly screen: Screen;
}): Promise<StoryProgress> {
  const { story } = of;
  const { serviceId, incumbentGeneration, incumbentModel } = story;
  const stable = await of.stores.configurations.stable(serviceId);
  if (stable?.source === 'adoption') return story;
  of.screen.line(`${serviceId} goes back to ${incumbentModel}, and the stories begin again.`);
  const restored = (await of.client.workflow.execute('restoreConfiguration', {
    taskQueue: of.taskQueue,
    workflowId: `restore/${serviceId}`,
    args: [{ serviceId, to: incumbentGeneration, by: 'npm start', reason: 'the stories begin again' }],
  })) as { readonly generation: number };
  return { ...story, incumbentGeneration: restored.generation, startedAtMs: Date.now() };
}
