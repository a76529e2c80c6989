/** Activities of the maintenance over the world `maintenance`: the plan is read as the product reads it, portions are what the test says. */
import type { Activities } from '../../../activities/index.ts';
import { withFailures } from '../../../activities/failures.ts';
import { planMaintenance } from '../../../activities/maintenance.ts';
import { readRetention } from '../../../src/config/retention-settings.ts';
import type { Place } from './place.ts';

export function maintenanceActivities({
  world,
  nowMs,
}: Place): Pick<Activities, 'planMaintenance' | 'maintain'> {
  return {
    planMaintenance: withFailures(async (request) => {
      await world('maintenance').enter('planMaintenance');
      const atMs = await nowMs();
      const maintenance = { nowMs: () => Promise.resolve(atMs) };
      return planMaintenance({ maintenance, retention: () => readRetention({}), nowMs: () => atMs }, request);
    }),
    maintain: withFailures(async ({ step, from }) => {
      const here = world('maintenance');
      await here.enter(step);
      return here.upkeep(step, from);
    }),
  };
}
