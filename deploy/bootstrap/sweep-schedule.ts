// The schedule of the fleet sweep. It is brought to what is wanted and otherwise left alone: who paused it finds it paused.
import {
  ScheduleClient,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type Connection,
  type ScheduleDescription,
} from '@temporalio/client';
import { FLEET_SWEEP } from './wanted.ts';

export interface SweepTiming {
  readonly everyMs: number;
  /** Each start is moved by a random time below this. */
  readonly jitterMs: number;
  /** A sweep that is later than this is dropped: it looks at the last minute, and the next one comes soon. */
  readonly catchupWindowMs: number;
}

/** Creates the schedule, or updates it when it differs. Returns what it did in words. */
export async function ensureSweepSchedule(
  connection: Connection,
  namespace: string,
  timing: SweepTiming,
): Promise<string | undefined> {
  const client = new ScheduleClient({ connection, namespace });
  const { scheduleId, workflowType, workflowId, taskQueue } = FLEET_SWEEP;
  const wanted = {
    spec: { intervals: [{ every: timing.everyMs }], jitter: timing.jitterMs },
    action: { type: 'startWorkflow' as const, workflowType, workflowId, taskQueue, args: [] },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: timing.catchupWindowMs },
  };
  const handle = client.getHandle(scheduleId);
  let standing: ScheduleDescription;
  try {
    standing = await handle.describe();
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    await client.create({ scheduleId, ...wanted });
    return `created schedule ${scheduleId}, every ${timing.everyMs / 1000} s`;
  }
  if (isAsWanted(standing, timing)) return undefined;
  await handle.update((previous) => ({ ...wanted, state: previous.state }));
  return `updated schedule ${scheduleId}, every ${timing.everyMs / 1000} s`;
}

function isAsWanted({ spec, action, policies }: ScheduleDescription, timing: SweepTiming): boolean {
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
    action.workflowType === FLEET_SWEEP.workflowType &&
    action.workflowId === FLEET_SWEEP.workflowId &&
    action.taskQueue === FLEET_SWEEP.taskQueue
  );
}
