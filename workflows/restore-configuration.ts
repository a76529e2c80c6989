/**
 * `restoreConfiguration`: the emergency command. Puts a service back to a recorded configuration, whatever runs.
 *
 * Started by a responder (or by a watch) under `restore/<service>`. Signals whoever holds the service, gives it two
 * seconds, then takes the service over with a new generation and writes directly, until the gateway's read-back equals
 * the wanted configuration. Ends then, and only then, when whoever the service tells was told or 20 seconds have passed;
 * wrong input ends it at once. Cancelling does not stop it: half a restore is worse than a whole one. History budget:
 * about 30 events.
 */
import {
  CancellationScope,
  patched,
  proxyActivities,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type {
  Activities,
  ControlActivities,
  RestoreSummary,
  WantedConfiguration,
} from '../activities/index.ts';
import type { Notice } from '../src/domain/notice.ts';
import {
  prepareRestoreOptions,
  restoreOptions,
  tellHolderOptions,
  tellRestoreOptions,
} from './activity-options.ts';
import { asWorkflowFailure, failureReason } from './failures.ts';
import { stateQuery } from './messages.ts';
import { describeSelf } from './search-attributes.ts';

const admit = proxyActivities<Pick<ControlActivities, 'prepareRestore'>>(prepareRestoreOptions);
const record = proxyActivities<Pick<ControlActivities, 'tellHolder'>>(tellHolderOptions);
const compensate = proxyActivities<Pick<ControlActivities, 'restoreStable'>>(restoreOptions);
const { notify } = proxyActivities<Pick<Activities, 'notify'>>(tellRestoreOptions);

/** How long the holder of the service has to take its change back by itself. */
const GRACE = '2s';

export async function restoreConfiguration(input: unknown): Promise<RestoreSummary> {
  let phase = 'preparing';
  setHandler(stateQuery, () => ({ input, phase }));
  const { workflowId, firstExecutionRunId: firstRunId, runId } = workflowInfo();

  return CancellationScope.nonCancellable(async () => {
    const wanted = await admit.prepareRestore({ input }).catch((error: unknown) => {
      throw asWorkflowFailure(error);
    });
    describeSelf({ service: wanted.serviceId, kind: 'restore', phase: 'restoring' });
    if (wanted.holder && wanted.holder.workflowId !== workflowId) {
      phase = `asking ${wanted.holder.workflowId} to take its change back`;
      try {
        await record.tellHolder({ holder: wanted.holder, by: wanted.by, reason: wanted.reason });
        await sleep(GRACE);
      } catch (error) {
        phase = `the holder could not be told (${failureReason(error)}); taking the service over`;
      }
    }
    phase = 'restoring';
    const restored = await compensate.restoreStable({ wanted, holder: { workflowId, firstRunId, runId } });
    phase = 'restored';
    await tell(wanted, restored);
    return restored;
  });

  /** Nobody else tells of what a watch, the reconciler or a responder has taken back. That nobody could be told decides nothing. */
  async function tell(wanted: WantedConfiguration, restored: RestoreSummary): Promise<void> {
    if (!wanted.notify?.length || !patched('2026-11-restore-tells')) return;
    const { serviceId, generation, restoredFrom, atMs } = restored;
    const notice: Notice = {
      id: `${workflowId}/${runId}/restored`,
      kind: 'rolledBack',
      serviceId,
      workflowId,
      generation,
      summary: `restored to generation ${restoredFrom}, live as generation ${generation}`,
      weightPct: 0,
      reason: wanted.reason,
      by: wanted.by,
      evidence: wanted.hash,
      atMs,
    };
    await notify({ notify: wanted.notify, notice }).catch((error: unknown) => {
      phase = `restored, and nobody could be told (${failureReason(error)})`;
    });
  }
}
