/**
 * The watch for harm on a rate or a tail share, by labels in time. Two processes share the error probability: one starts anew at each weight and every
 * 2,000 labels, and sees harm that begins late; one goes on from the start, and sees harm that is there all along. The first alone needs twice the
 * time or more for a steady harm (a 10 % drop at a 5 % margin: 112 min at q95, both together 40), because each start forgets what was proven and asks for more.
 */
import { harmLevels, nearerLimit } from '../long-watch.ts';
import { foldRestartingTlg, restartLimit } from '../restarts.ts';
import type { RatePair, TlgNull } from '../tlg.ts';
import type { ShareEvidence } from './evidence.ts';
import { foldLong } from './long-watch.ts';

/** Levels of both processes. Evidence begun before there was a long one goes on with all of the level for the other. */
const levelsOf = ({ longHarm }: ShareEvidence, alpha: number) =>
  longHarm === undefined ? { restarting: alpha, long: 0 } : harmLevels(alpha);

/** Both watches after one more block; `alpha` is the guardrail's whole harm level. */
export const foldHarm = (
  evidence: ShareEvidence,
  pair: RatePair,
  weightPct: number,
  hypothesis: TlgNull,
  alpha: number,
): Pick<ShareEvidence, 'harm' | 'longHarm'> => {
  const { restarting, long } = levelsOf(evidence, alpha);
  const harm = foldRestartingTlg(evidence.harm, pair, weightPct, hypothesis, { alpha: restarting });
  return evidence.longHarm === undefined
    ? { harm }
    : { harm, longHarm: foldLong(evidence.longHarm, pair, hypothesis, long) };
};

/** How far harm is proven, and by which labels: those in time, or those that came late. */
export interface HarmWeighed {
  readonly logE: number;
  readonly limit: number;
  readonly provenBy: 'inTime' | 'late' | null;
}

/** The first alarm there is, in time before late, or the process that is nearest to one. */
export const harmOfShare = (evidence: ShareEvidence, alpha: number): HarmWeighed => {
  const { harm, longHarm, lateHarm } = evidence;
  const inTime = harm.alarm ?? longHarm?.alarm ?? null;
  const alarm = inTime ?? lateHarm.alarm;
  if (alarm !== null) {
    const { logE, limit } = alarm;
    return { logE, limit, provenBy: inTime === null ? 'late' : 'inTime' };
  }
  const { restarting, long } = levelsOf(evidence, alpha);
  const running = { logE: harm.process.logE, limit: restartLimit(harm.restart, restarting) };
  if (longHarm === undefined) return { ...running, provenBy: null };
  const steady = { logE: longHarm.process.logE, limit: Math.log(1 / long) };
  return { ...nearerLimit(running, steady), provenBy: null };
};
