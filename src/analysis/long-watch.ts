/**
 * Harm is watched for by two processes that share the error probability: one starts anew (`restarts.ts`) and sees harm that begins late, one goes on from
 * the start and sees harm that is there all along. The first alone needs twice the time or more for a steady harm, and now and then never sees it,
 * because each start forgets what was proven and asks for more.
 */

/** Share of the harm level that the long process spends: little costs it little, and leaves the other nearly all. */
const LONG_SHARE = 0.1;

/** How far harm is proven. */
export interface HarmReached {
  readonly logE: number;
  readonly limit: number;
}

/** The process that goes on, and its alarm, which stays. */
export interface LongWatch<P> {
  readonly process: P;
  readonly alarm: HarmReached | null;
}

/** What each of the two processes may spend of `alpha`. */
export const harmLevels = (alpha: number): { readonly restarting: number; readonly long: number } => ({
  restarting: alpha * (1 - LONG_SHARE),
  long: alpha * LONG_SHARE,
});

/** A watch around an empty process of any kind. */
export const startLongWatch = <P>(process: P): LongWatch<P> => ({ process, alarm: null });

/** The watch after one more block; the alarm is raised where the evidence is at `limit` or above. */
export const foldLongWatch = <P extends { readonly logE: number }>(
  watch: LongWatch<P>,
  fold: (process: P) => P,
  limit: number,
): LongWatch<P> => {
  const process = fold(watch.process);
  const alarm = process.logE >= limit ? { logE: process.logE, limit } : null;
  return { process, alarm: watch.alarm ?? alarm };
};

/** Which of the two running processes is nearer to its limit; the one that starts anew where they are as near. */
export const nearerLimit = (restarting: HarmReached, long: HarmReached): HarmReached =>
  long.logE / long.limit > restarting.logE / restarting.limit ? long : restarting;
