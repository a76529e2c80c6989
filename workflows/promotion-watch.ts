/**
 * `promotionWatch`: looks on after a promotion, without holding the service.
 *
 * Started by a rollout that promoted, as an abandoned child, under `watch/<service>/<generation>`. Takes `rollback` like
 * the others. Ends when the watch is over, when something else is stable, or when late evidence, an absolute limit or a
 * person makes it start `restoreConfiguration`. Survives any crash. History budget: 11 events a look; looks come every
 * fifteen of the rollout's, so a day's watch at one minute is about 1,100 events. Waiting for somebody's restore: 16 a minute.
 */
import {
  CancellationScope,
  condition,
  continueAsNew,
  ParentClosePolicy,
  patched,
  proxyActivities,
  setHandler,
  sleep,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type {
  Activities,
  ControlActivities,
  PromotionEvidence,
  PromotionServed,
  WatchInput,
  WatchSummary,
} from '../activities/index.ts';
import { decideOptions, promotionServedOptions } from './activity-options.ts';
import { failureReason } from './failures.ts';
import { openInbox } from './inbox.ts';
import { stateQuery, type Answer } from './messages.ts';
import { restoreConfiguration } from './restore-configuration.ts';
import { describeSelf } from './search-attributes.ts';

const decide = proxyActivities<Pick<Activities, 'watchPromotion'>>(decideOptions);
const ask = proxyActivities<Pick<ControlActivities, 'promotionServed'>>(promotionServedOptions);

/** Looks of the watch are this many times rarer than the rollout's. */
const PACE = 15;

/** How long it waits for a restore that runs already before it asks again: twice as long each time, up to the second. */
const WAIT_MS = [1_000, 60_000] as const;

interface Revert {
  readonly by: string;
  readonly reason: string;
}

interface CarriedWatch {
  readonly startedAtMs: number;
  readonly clockMs: number;
  readonly progress: PromotionEvidence | null;
  /** Set while it waits for somebody's restore. */
  readonly revert?: Revert;
}

export async function promotionWatch(input: WatchInput, carried?: CarriedWatch): Promise<WatchSummary> {
  const startedAtMs = carried?.startedAtMs ?? Date.now();
  // When the last timer was due. Why not `Date.now()`: see `clockReads` in `canary-rollout.ts`.
  let clockMs = carried?.clockMs ?? startedAtMs;
  const endsAtMs = startedAtMs + input.watchMs;
  let progress = carried?.progress ?? null;
  let revert: Revert | null = carried?.revert ?? null;
  let over: string | null = null;
  let lastReason = 'not looked yet';

  const inbox = openInbox((message): Answer => {
    if (message.name !== 'rollback')
      return { accepted: false, reason: `a watch takes rollback only, not ${message.name}` };
    revert ??= { by: message.by, reason: message.reason };
    return { accepted: true, reason: 'what was stable before this promotion is being restored' };
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
    const ended = revert
      ? await takeBack(revert)
      : { outcome: 'closed' as const, reason: over ?? lastReason };
    return { serviceId: input.serviceId, generation: input.generation, ...ended };
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

  /**
   * Restores what was stable before the promotion, whatever else is being tried by now. Nothing is written once something else is stable. A restore
   * that somebody started may be to anything, to this very promotion too: it is waited for, and what is served is read again.
   */
  async function takeBack(why: Revert): Promise<Pick<WatchSummary, 'outcome' | 'reason'>> {
    if (!patched('2026-11-watch-reads-back')) {
      await startRestore(why);
      return { outcome: 'reverted', reason: why.reason };
    }
    let hasWaited = carried?.revert !== undefined;
    for (let waitMs: number = WAIT_MS[0]; ; waitMs = Math.min(2 * waitMs, WAIT_MS[1])) {
      const found = await served();
      if (found.kind === 'gone' && !hasWaited) return { outcome: 'closed', reason: found.reason };
      if (found.kind === 'gone' || (await startRestore(why))) {
        return { outcome: 'reverted', reason: why.reason };
      }
      if (workflowInfo().continueAsNewSuggested) {
        await continueAsNew<typeof promotionWatch>(input, { startedAtMs, clockMs, progress, revert: why });
      }
      hasWaited = true;
      await sleep(waitMs);
    }
  }

  /** A gateway that refuses to be read keeps nothing from being restored: the restore meets it next. */
  async function served(): Promise<PromotionServed> {
    try {
      return await ask.promotionServed({ input: shown });
    } catch (error) {
      lastReason = failureReason(error);
      return { kind: 'served', generation: input.generation };
    }
  }

  /** False when a restore of the service runs already. */
  async function startRestore(why: Revert): Promise<boolean> {
    const { serviceId, stableGeneration } = input;
    const to =
      stableGeneration === undefined
        ? { to: 'previous' as const }
        : { to: stableGeneration, takesBack: true };
    try {
      await startChild(restoreConfiguration, {
        workflowId: `restore/${serviceId}`,
        parentClosePolicy: ParentClosePolicy.ABANDON,
        args: [{ serviceId, ...to, by: why.by, reason: why.reason }],
      });
      return true;
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      return false;
    }
  }
}
