/**
 * `promotionWatch`: looks on after a promotion, without holding the service.
 *
 * Started by a rollout that promoted, as an abandoned child, under `watch/<service>/<generation>`. Takes `rollback` like
 * the others. Ends when the watch is over, when a newer change closes it, or when late evidence or an absolute limit
 * makes it start `restoreConfiguration`. Survives any crash. History budget: 11 events a look; looks come every
 * fifteen of the rollout's, so a day's watch at one minute is about 1,100 events.
 */
import {
  CancellationScope,
  condition,
  continueAsNew,
  ParentClosePolicy,
  proxyActivities,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { Activities, PromotionEvidence, WatchInput, WatchSummary } from '../activities/index.ts';
import { decideOptions } from './activity-options.ts';
import { failureReason } from './failures.ts';
import { openInbox } from './inbox.ts';
import { stateQuery, type Answer } from './messages.ts';
import { restoreConfiguration } from './restore-configuration.ts';
import { describeSelf } from './search-attributes.ts';

const decide = proxyActivities<Pick<Activities, 'watchPromotion'>>(decideOptions);

/** Looks of the watch are this many times rarer than the rollout's. */
const PACE = 15;

interface CarriedWatch {
  readonly startedAtMs: number;
  readonly clockMs: number;
  readonly progress: PromotionEvidence | null;
}

export async function promotionWatch(input: WatchInput, carried?: CarriedWatch): Promise<WatchSummary> {
  const startedAtMs = carried?.startedAtMs ?? Date.now();
  // When the last timer was due. Why not `Date.now()`: see `clockReads` in `canary-rollout.ts`.
  let clockMs = carried?.clockMs ?? startedAtMs;
  const endsAtMs = startedAtMs + input.watchMs;
  let progress = carried?.progress ?? null;
  let revert: { readonly by: string; readonly reason: string } | null = null;
  let over: string | null = null;
  let lastReason = 'not looked yet';

  const inbox = openInbox((message): Answer => {
    if (message.name !== 'rollback')
      return { accepted: false, reason: `a watch takes rollback only, not ${message.name}` };
    revert ??= { by: message.by, reason: message.reason };
    return { accepted: true, reason: 'the previous configuration is being restored' };
  });
  const { evidence: _evidence, ...shown } = input;
  setHandler(stateQuery, () => ({
    input: shown,
    startedAtMs,
    endsAtMs,
    lastReason,
    revert,
    over,
    ignored: inbox.ignored,
  }));
  CancellationScope.current().cancelRequested.catch(() => {
    over = 'cancelled';
  });

  return CancellationScope.nonCancellable(async () => {
    if (!carried) describeSelf({ service: input.serviceId, kind: 'watch', phase: 'watching' });
    while (!revert && !over) {
      const untilMs = Math.min(clockMs + PACE * input.lookMs, endsAtMs);
      await condition(() => revert !== null || over !== null, Math.max(1, untilMs - Date.now()));
      if (revert ?? over) break;
      clockMs = untilMs;
      await look();
      if (!revert && !over && clockMs >= endsAtMs) over = 'the watch is over';
      if (workflowInfo().continueAsNewSuggested && !revert && !over) {
        await continueAsNew<typeof promotionWatch>(input, { startedAtMs, clockMs, progress });
      }
    }
    if (revert) await restore(revert);
    return {
      serviceId: input.serviceId,
      generation: input.generation,
      outcome: revert ? 'reverted' : 'closed',
      reason: revert ? (revert as { reason: string }).reason : (over ?? lastReason),
    };
  });

  async function look(): Promise<void> {
    try {
      const seen = await decide.watchPromotion({ input, startedAtMs, progress });
      progress = seen.evidence;
      lastReason = seen.reason;
      if (seen.kind === 'revert') revert ??= { by: 'watch', reason: seen.reason };
      if (seen.kind === 'closed') over = seen.reason;
    } catch (error) {
      lastReason = failureReason(error);
    }
  }

  /** A restore that runs already, started by somebody else, is as good as ours. */
  async function restore(why: { readonly by: string; readonly reason: string }): Promise<void> {
    try {
      await startChild(restoreConfiguration, {
        workflowId: `restore/${input.serviceId}`,
        parentClosePolicy: ParentClosePolicy.ABANDON,
        args: [{ serviceId: input.serviceId, to: 'previous', by: why.by, reason: why.reason }],
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  }
}
