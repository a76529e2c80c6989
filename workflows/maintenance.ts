/**
 * `maintenance`: partitions of the next days, raw events, windows, and what nobody needs any longer. What goes and what stays for ever: README, "Retention".
 *
 * Started by the schedule `maintenance` once a day, under that id and a time; or by a person under the id `maintenance`, with durations of its own. Takes no
 * messages; `state` shows how far it is. Wrong input ends it at once. A step that fails is given up after half an hour, with its reason, and one that has taken three
 * quarters of an hour goes on in the next run; the others go on: the run then ends `incomplete`. So it takes 20 hours at most, and the schedule, which starts none while one
 * goes on, comes to the raw events every day. After a crash the portion that was under way is tried again, which removes what was left
 * of it. Cancelling stops it between two portions. History budget: 6 events a portion, about 110 for a run with one portion a step; continues as new when
 * the server suggests it.
 */
import {
  continueAsNew,
  isCancellation,
  log,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import {
  MAINTENANCE_STEPS,
  summaryOf,
  type MaintenancePlan,
  type MaintenanceStep,
  type MaintenanceSummary,
  type Place,
  type StepDone,
} from '../src/state/maintenance.ts';
import { admitOptions, upkeepOptions } from './activity-options.ts';
import { asWorkflowFailure, failureReason, isContinueAsNew } from './failures.ts';
import { stateQuery } from './messages.ts';

const admit = proxyActivities<Pick<Activities, 'planMaintenance'>>(admitOptions);
const mutate = proxyActivities<Pick<Activities, 'maintain'>>(upkeepOptions);

/** No further portion of a step begins after this. */
const STEP_MS = 45 * 60_000;

/** The step under way: what it has done, since when, and where its next portion begins. */
interface UnderWay {
  readonly done: StepDone;
  readonly sinceMs: number;
  readonly from?: Place;
}

/** What a run has done when it continues as new: whole steps, and portions of the one under way. */
interface Carried {
  readonly plan: MaintenancePlan;
  readonly steps: readonly StepDone[];
  readonly current: UnderWay | null;
}

export async function maintenance(input: unknown, carried?: Carried): Promise<MaintenanceSummary> {
  const steps: StepDone[] = [...(carried?.steps ?? [])];
  let current: UnderWay | null = carried?.current ?? null;
  let plan = carried?.plan ?? null;
  setHandler(stateQuery, () => ({
    input,
    plan,
    steps,
    current: current?.done ?? null,
    left: MAINTENANCE_STEPS.slice(steps.length),
  }));

  const settled = (plan ??= await admit.planMaintenance({ input }).catch((error: unknown) => {
    throw asWorkflowFailure(error);
  }));
  for (const step of MAINTENANCE_STEPS.slice(steps.length)) {
    current ??= { done: { step, count: 0, portions: 0 }, sinceMs: Date.now() };
    steps.push(await whole(step, current, settled));
    current = null;
  }
  const summary = summaryOf(steps);
  if (summary.outcome === 'incomplete') log.warn('maintenance is incomplete', { steps });
  return summary;

  /** The step, portion by portion. */
  async function whole(step: MaintenanceStep, begun: UnderWay, of: MaintenancePlan): Promise<StepDone> {
    const { sinceMs } = begun;
    let { done, from } = begun;
    try {
      for (;;) {
        const portion = await mutate.maintain({ step, plan: of, ...(from && { from }) });
        done = { ...done, count: done.count + portion.count, portions: done.portions + 1 };
        from = portion.next;
        current = { done, sinceMs, ...(from && { from }) };
        if (!portion.more) return done;
        if (Date.now() - sinceMs >= STEP_MS) return { ...done, left: 'goes on in the next run' };
        if (workflowInfo().continueAsNewSuggested) {
          await continueAsNew<typeof maintenance>(input, { plan: of, steps, current });
        }
      }
    } catch (error) {
      if (isCancellation(error) || isContinueAsNew(error)) throw error;
      return { ...done, failed: failureReason(error) };
    }
  }
}
