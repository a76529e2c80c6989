/**
 * Tells Temporal every few seconds that an activity still runs, so that one whose worker was killed is tried again after `heartbeatTimeout` and not
 * only when its whole time is over. It says nothing of how far the activity is, and stops nothing: what a try does late is fenced out.
 */
import { Context } from '@temporalio/activity';

/** Well within the shortest `heartbeatTimeout` of `workflows/activity-options.ts`. */
const BEAT_EVERY_MS = 4_000;

/** Runs it, with a heartbeat for as long as it takes. Outside of a worker it only runs it. */
export async function whileBeating<T>(run: () => Promise<T>): Promise<T> {
  const context = contextIfAny();
  const timer = context && setInterval(() => context.heartbeat(), BEAT_EVERY_MS);
  try {
    return await run();
  } finally {
    clearInterval(timer);
  }
}

/** The activity that this runs in; none outside of a worker. */
export function contextIfAny(): Context | undefined {
  try {
    return Context.current();
  } catch {
    return undefined;
  }
}
