/**
 * `fleetSweep`: looks at every service in one activity, brings to an end what nobody is in charge of, and starts the cycles that are due, each
 * under its own id. Started by the schedule `fleet-sweep`, which appends a time to the id. Ends when the sweep is done; a lost
 * sweep is made up for by the next one. History budget: 11 events.
 */
import { log, proxyActivities } from '@temporalio/workflow';
import type { Activities, SweepSummary } from '../activities/index.ts';
import { decideOptions } from './activity-options.ts';

const { sweep } = proxyActivities<Pick<Activities, 'sweep'>>({
  ...decideOptions,
  startToCloseTimeout: '30s',
});

export async function fleetSweep(): Promise<SweepSummary> {
  const swept = await sweep();
  if (swept.repaired) log.warn('reconciled', { repaired: swept.repaired });
  return swept;
}
