/**
 * Activity options by class of work: the one place where time-outs and retries are set. The two task queues keep a
 * rollback from ever waiting behind reads.
 */
import type { ActivityOptions } from '@temporalio/workflow';
import { FINAL_FAILURES } from '../src/domain/failure.ts';

export const TASK_QUEUE = 'llm-optimizer';
export const CONTROL_TASK_QUEUE = 'llm-optimizer-control';

const finalTypes = [...FINAL_FAILURES];
/** A worker that was killed in the middle of a write to a gateway is found out after this; every activity beats (`activities/heartbeat.ts`). */
const heartbeatTimeout = '15s';
const backOff = { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '30s' } as const;

/** Admits a change or resolves an input. Waits for a database or a gateway that is away; wrong input is final. */
export const admitOptions: ActivityOptions = {
  taskQueue: TASK_QUEUE,
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '10m',
  cancellationType: 'TRY_CANCEL',
  retry: { ...backOff, nonRetryableErrorTypes: finalTypes },
};

/** Looks and judges. Few tries: the next look comes anyway. */
export const decideOptions: ActivityOptions = {
  taskQueue: TASK_QUEUE,
  startToCloseTimeout: '10s',
  cancellationType: 'TRY_CANCEL',
  retry: { ...backOff, maximumAttempts: 3, nonRetryableErrorTypes: finalTypes },
};

/** Changes what a gateway serves, under its fence. Bounded; a conflict is final. */
export const mutateOptions: ActivityOptions = {
  taskQueue: CONTROL_TASK_QUEUE,
  heartbeatTimeout,
  startToCloseTimeout: '1m',
  scheduleToCloseTimeout: '30m',
  cancellationType: 'TRY_CANCEL',
  retry: { ...backOff, nonRetryableErrorTypes: finalTypes },
};

/** The same of arms that were served before: they are looked at between two goes at it. */
export const mutateAgainOptions: ActivityOptions = { ...mutateOptions, scheduleToCloseTimeout: '2m' };

/** Takes a change back. A minute a try, no overall limit: only a greater pair at the gateway ends it. */
export const compensateOptions: ActivityOptions = {
  taskQueue: CONTROL_TASK_QUEUE,
  heartbeatTimeout,
  startToCloseTimeout: '1m',
  retry: { ...backOff, maximumInterval: '10s', nonRetryableErrorTypes: ['StaleGeneration'] },
};

/**
 * Leaves the backup route: the same compensation, which a rollback does not wait for. What a try does after that is fenced out, and a run
 * that was reset takes a generation of its own first.
 */
export const leaveBackupOptions: ActivityOptions = {
  ...compensateOptions,
  cancellationType: 'TRY_CANCEL',
  retry: { ...compensateOptions.retry, nonRetryableErrorTypes: ['StaleGeneration', 'LeaseMoved'] },
};

/**
 * What an emergency restore reads before it writes: on the control queue, since it must not wait behind reads either, and for as long as it
 * takes. Only wrong input is final.
 */
export const prepareRestoreOptions: ActivityOptions = {
  taskQueue: CONTROL_TASK_QUEUE,
  startToCloseTimeout: '30s',
  retry: { ...backOff, maximumInterval: '10s', nonRetryableErrorTypes: finalTypes },
};

/** Whether there is still a promotion to take back: as long as the gateway does not answer, there is nothing else to do. */
export const promotionServedOptions: ActivityOptions = {
  ...prepareRestoreOptions,
  startToCloseTimeout: '10s',
};

/** Asks a holder to take its change back. Short: a holder that cannot be told is superseded. */
export const tellHolderOptions: ActivityOptions = {
  taskQueue: CONTROL_TASK_QUEUE,
  startToCloseTimeout: '15s',
  scheduleToCloseTimeout: '5s',
  retry: { ...backOff, nonRetryableErrorTypes: finalTypes },
};

/** Restores a service, whoever holds it: nothing at all ends it but success. */
export const restoreOptions: ActivityOptions = {
  taskQueue: CONTROL_TASK_QUEUE,
  heartbeatTimeout,
  startToCloseTimeout: '1m',
  retry: { ...backOff, maximumInterval: '10s' },
};

/** Writes down what happened. Bounded; its failure never decides a rollout. */
export const recordOptions: ActivityOptions = {
  taskQueue: TASK_QUEUE,
  startToCloseTimeout: '15s',
  scheduleToCloseTimeout: '15m',
  retry: { ...backOff, nonRetryableErrorTypes: finalTypes },
};

/** One portion of the upkeep. It waits for a database that is away, or a table that is in use, and not for ever: the next run comes. */
export const upkeepOptions: ActivityOptions = {
  taskQueue: TASK_QUEUE,
  heartbeatTimeout,
  startToCloseTimeout: '2m',
  scheduleToCloseTimeout: '30m',
  cancellationType: 'TRY_CANCEL',
  retry: { ...backOff, nonRetryableErrorTypes: finalTypes },
};

/** Tells people of a restore that is done. Shorter still: whoever asked for it waits for its answer. */
export const tellRestoreOptions: ActivityOptions = {
  taskQueue: TASK_QUEUE,
  startToCloseTimeout: '10s',
  scheduleToCloseTimeout: '20s',
  retry: { ...backOff, nonRetryableErrorTypes: finalTypes },
};

/** Tells people. Short: an address that is down must not keep a run open. */
export const notifyOptions: ActivityOptions = {
  taskQueue: TASK_QUEUE,
  startToCloseTimeout: '15s',
  scheduleToCloseTimeout: '2m',
  retry: { ...backOff, nonRetryableErrorTypes: finalTypes },
};
