// The schedules of the program. Each is brought to what is wanted and otherwise left alone: who paused one finds it paused.
import { isDeepStrictEqual } from 'node:util';
import {
  ScheduleClient,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type Connection,
  type ScheduleDescription,
} from '@temporalio/client';
import { formatDuration } from '../../src/domain/duration.ts';
import type { ScheduledWorkflow } from './wanted.ts';

export interface Timing {
  readonly everyMs: number;
  /** Each start is moved by a random time below this. */
  readonly jitterMs: number;
  /** A start that is later than this is dropped. */
  readonly catchupWindowMs: number;
}

/** Creates the schedule, or updates it when it differs. Returns what it did in words. */
export async function ensureSchedule(
  connection: Connection,
  namespace: string,
  of: ScheduledWorkflow,
  timing: Timing,
): Promise<string | undefined> {
  const client = new ScheduleClient({ connection, namespace });
  const { scheduleId, workflowType, workflowId, taskQueue } = of;
  const wanted = {
    spec: { intervals: [{ every: timing.everyMs }], jitter: timing.jitterMs },
    action: { type: 'startWorkflow' as const, workflowType, workflowId, taskQueue, args: [...of.args] },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: timing.catchupWindowMs },
  };
  const handle = client.getHandle(scheduleId);
  let standing: ScheduleDescription;
  try {
    standing = await handle.describe();
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    await client.create({ scheduleId, ...wanted });
    return `created schedule ${scheduleId}, every ${formatDuration(timing.everyMs)}`;
  }
  if (isAsWanted(standing, of, timing)) return undefined;
  await handle.update((previous) => ({ ...wanted, state: previous.state }));
  return `updated schedule ${scheduleId}, every ${formatDuration(timing.everyMs)}`;
}

function isAsWanted(
  { spec, action, policies }: ScheduleDescription,
  of: ScheduledWorkflow,
  timing: Timing,
): boolean {
  const [interval, ...others] = spec.intervals ?? [];
  return (
    others.length === 0 &&
    interval?.every === timing.everyMs &&
    (interval.offset ?? 0) === 0 &&
    (spec.calendars ?? []).length === 0 &&
    (spec.jitter ?? 0) === timing.jitterMs &&
    policies.overlap === ScheduleOverlapPolicy.SKIP &&
    policies.catchupWindow === timing.catchupWindowMs &&
    action.type === 'startWorkflow' &&
    action.workflowType === of.workflowType &&
    action.workflowId === of.workflowId &&
    action.taskQueue === of.taskQueue &&
    isDeepStrictEqual(action.args ?? [], [...of.args])
  );
}
