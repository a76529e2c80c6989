/**
 * How a rollout leaves the backup route: by the compensation of a rollback, in a step that a rollback interrupts. Orders one activity; what
 * becomes of it is the rollout's.
 */
import { proxyActivities } from '@temporalio/workflow';
import type { ControlActivities } from '../activities/index.ts';
import { keepsTable, type RolloutState } from '../src/state/rollout/index.ts';
import { compensateOptions, leaveBackupOptions } from './activity-options.ts';

type Leaving = Pick<ControlActivities, 'takeBackCandidate'>;
type Write = Parameters<Leaving['takeBackCandidate']>[0];

const waited = proxyActivities<Leaving>(compensateOptions);
const leave = proxyActivities<Leaving>(leaveBackupOptions);

/** Rollouts of before the third rules wait, when they are interrupted, for what was interrupted. */
export function leaveBackupRoute(
  write: Omit<Write, 'reason' | 'holder'>,
  { plan }: RolloutState,
  holder: NonNullable<Write['holder']>,
): Promise<void> {
  const reason = 'the backup route is left';
  return keepsTable(plan, 3)
    ? leave.takeBackCandidate({ ...write, holder, reason, newerStays: true })
    : waited.takeBackCandidate({ ...write, reason });
}
