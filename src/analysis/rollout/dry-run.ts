/**
 * Compares a metric that is only shown: both means of the present step and a 95 % interval of their difference that holds at every look
 * (asymptotically, `asymptotic.ts`), so that watching it misleads nobody. It decides nothing.
 */
import type { DryRunMetric, DryRunReport } from '../../domain/dry-run.ts';
import type { WindowStats } from '../../domain/window.ts';
import { ASYMPTOTIC_BURN_IN, compareMeans } from '../asymptotic.ts';
import { momentsOf } from '../moments.ts';

const ALPHA = 0.05;
/** Values of both arms at which the interval is tightest. */
const TIGHTEST_AT = 1_000;

type Stats = Pick<WindowStats, 'count' | 'sum' | 'sumOfSquares' | 'min' | 'max'>;

/** What is wrong with the values for the metric's kind, null when nothing is. */
function unlike({ kind }: DryRunMetric, { count, sum, sumOfSquares, min, max }: Stats): string | null {
  if (count === 0) return null;
  const [least, most] = [min ?? 0, max ?? 0];
  if (kind === 'positive') return least < 0 ? `${least} is below 0` : null;
  if (least < 0 || most > 1) return `${least < 0 ? least : most} is not from 0 to 1`;
  // Values of 0 and 1 alone are their own squares.
  return kind === 'binary' && Math.abs(sum - sumOfSquares) > 1e-9 * count ? 'values between 0 and 1' : null;
}

/** A metric of which an arm told nothing has null in its place. */
export function compareDryRun(
  metric: DryRunMetric,
  arms: { readonly stable: Stats | undefined; readonly candidate: Stats | undefined },
): DryRunReport {
  const none: Stats = { count: 0, sum: 0, sumOfSquares: 0, min: null, max: null };
  const [stable, candidate] = [arms.stable ?? none, arms.candidate ?? none];
  const mean = ({ count, sum }: Stats) => (count === 0 ? null : sum / count);
  const report = {
    ...metric,
    values: { stable: stable.count, candidate: candidate.count },
    observed: { stable: mean(stable), candidate: mean(candidate) },
  };
  const without = (reason: string): DryRunReport => ({ ...report, difference: null, reason });
  const wrong = unlike(metric, stable) ?? unlike(metric, candidate);
  if (wrong !== null) return without(`not ${metric.kind}: ${wrong}`);
  const few = Math.min(stable.count, candidate.count);
  if (few < ASYMPTOTIC_BURN_IN) return without(`${few} of ${ASYMPTOTIC_BURN_IN} values in each arm`);
  const moments = ({ count, sum, sumOfSquares }: Stats) => momentsOf(count, sum, sumOfSquares);
  const compared = compareMeans(moments(stable), moments(candidate), { alpha: ALPHA, nOpt: TIGHTEST_AT });
  if (!compared.ok) return without(compared.reason);
  const { difference: estimate, halfWidth } = compared.value;
  const difference = { low: estimate - halfWidth, estimate, high: estimate + halfWidth };
  return { ...report, difference, reason: inWords(metric, difference) };
}

/** Whether the interval tells a side. */
function inWords(
  { direction }: DryRunMetric,
  { low, high }: { readonly low: number; readonly high: number },
): string {
  if (low <= 0 && high >= 0) return 'no difference is told';
  return low > 0 === (direction === 'increase') ? 'better' : 'worse';
}
