/** How long a rollout waits for the change that it supersedes. */
import { expect, it } from 'vitest';
import { useTimeSkipping } from './support/hooks.ts';

const temporal = useTimeSkipping();
const HOLDER = { workflowId: 'experiment/elsewhere', firstRunId: 'first', runId: 'run' };

it('gives up after about half an hour, with the name of the holder, and nothing was written', async () => {
  const world = temporal().service('never-free');
  world.holder = HOLDER;
  const fromMs = await temporal().env.currentTimeMs();
  const handle = await temporal().rollout(world, { onConflict: 'supersede', by: 'ann' });
  await expect(handle.result()).rejects.toMatchObject({
    cause: {
      type: 'ChangeInFlight',
      message: `${HOLDER.workflowId} still holds the service after half an hour`,
    },
  });
  expect((await temporal().env.currentTimeMs()) - fromMs).toBeGreaterThan(25 * 60_000);
  expect(world.gateway.writes).toEqual([]);
});
