/**
 * The kill points of a trial, each at each of the four processes, and how a call that was stopped there goes on. It keeps count; it does not judge
 * what the kills did.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Lab } from './lab.ts';
import type { Fate } from './points.ts';
import { VICTIMS, type Victim } from './processes.ts';

const ACTIVITIES = [
  'admitRollout',
  'setWeight',
  'look',
  'promoteCandidate',
  'takeBackCandidate',
  'finishRollout',
  'renewLeaseRun',
] as const;
const DECISIONS = ['decided', 'continue-as-new decided'] as const;
const WRITES = ['weight', 'renewal', 'promotion', 'rollback'] as const;

/** A rollout that waits for its next look, with nothing under way. */
export const WAITING = 'waiting for a look';

/** Every boundary between two events of a rollout that one of our processes makes, on both of its sides. */
export const KILL_POINTS: readonly string[] = [
  ...ACTIVITIES.flatMap((each) => [`${each} done, not reported`, `${each} done, report not answered`]),
  ...DECISIONS.flatMap((each) => [`${each}, not reported`, `${each}, report not answered`]),
  ...WRITES.flatMap((each) => [`${each} not sent`, `${each} sent, not answered`]),
  WAITING,
];

const A_WHILE_MS = 3_000;

export interface Cell {
  readonly victim: Victim;
  readonly point: string;
}

export const CELLS: readonly Cell[] = KILL_POINTS.flatMap((point) =>
  VICTIMS.map((victim) => ({ victim, point })),
);

export const keyOf = ({ victim, point }: Cell): string => `${victim}: ${point}`;

/** Whether a call that stopped at the point can still be heard of, once the process is gone. */
function fateOf({ victim, point }: Cell): Fate {
  if (victim === 'worker' || point.endsWith('not answered')) return 'isLost';
  if (point.endsWith('not reported')) return victim === 'temporal' ? 'isLost' : 'goesOn';
  return victim === 'gateway' ? 'isLost' : 'goesOn';
}

export interface Kill {
  readonly cell: Cell;
  /** The last event of each open rollout's history at that moment. */
  readonly events: readonly string[];
}

/**
 * Waits for a rollout to come to one of the cells' points, kills the process there and then, and starts it again. Where none comes to any for a while, one
 * that waits for its next look will do. Null when nothing of this is to be had within the time.
 */
export async function killAtAny(
  lab: Lab,
  cells: readonly Cell[],
  open: () => readonly string[],
  limitMs: number,
): Promise<Kill | null> {
  const points = new Set(cells.map(({ point }) => point));
  const untilMs = Date.now() + limitMs;
  while (Date.now() < untilMs) {
    const reached = await lab.points.next(points, points.has(WAITING) ? A_WHILE_MS : limitMs);
    const events = await lastEvents(lab, open());
    const point = reached?.point ?? (events.includes('TIMER_STARTED') ? WAITING : null);
    const cell = cells.find((each) => each.point === point);
    if (!cell) {
      reached?.release('goesOn');
      continue;
    }
    await lab.killed(cell.victim, async () => {
      reached?.release(fateOf(cell));
      await delay(50);
    });
    return { cell, events };
  }
  return null;
}

/** Names of `temporal.api.enums.v1.EventType`, of those that a rollout has. */
const EVENT_NAMES: Readonly<Record<number, string>> = {
  1: 'WORKFLOW_EXECUTION_STARTED',
  5: 'WORKFLOW_TASK_SCHEDULED',
  6: 'WORKFLOW_TASK_STARTED',
  7: 'WORKFLOW_TASK_COMPLETED',
  8: 'WORKFLOW_TASK_TIMED_OUT',
  10: 'ACTIVITY_TASK_SCHEDULED',
  11: 'ACTIVITY_TASK_STARTED',
  12: 'ACTIVITY_TASK_COMPLETED',
  17: 'TIMER_STARTED',
  18: 'TIMER_FIRED',
  26: 'WORKFLOW_EXECUTION_SIGNALED',
};

/** The last event of each history: between which two events of theirs the rollouts stand. One that cannot be asked is left out. */
async function lastEvents({ client }: Lab, workflowIds: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.allSettled(
    workflowIds.map((workflowId) =>
      client.withDeadline(Date.now() + 2_000, () =>
        client.workflowService.getWorkflowExecutionHistoryReverse({
          namespace: client.options.namespace,
          execution: { workflowId },
          maximumPageSize: 1,
        }),
      ),
    ),
  );
  return found.flatMap((each) => {
    const type = each.status === 'fulfilled' ? each.value.history?.events?.[0]?.eventType : null;
    return typeof type === 'number' ? [EVENT_NAMES[type] ?? `EVENT_${type}`] : [];
  });
}
