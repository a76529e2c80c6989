/**
 * Whether the control of an experiment does worse in the newest look than it did before: then something hurts every arm, an outage of the provider perhaps, and a
 * critical anomaly is no variant's fault. It decides nothing by itself; a variant that is proven to do harm ends the experiment first.
 */
import { wilsonInterval } from '../../src/analysis/index.ts';
import type { ArmTotals } from '../../src/state/experiment/index.ts';

/** Error probability of both intervals, as of the baseline of a rollout. */
const ALPHA = 0.001;

/** Requests or labels before which nothing is told of a look. */
const LEAST = 30;

interface Share {
  /** Of bad ones. */
  readonly bad: number;
  readonly of: number;
}

/**
 * Why, in words; null where it is not known to have fallen. Both 99.9 % Wilson intervals, of this look and of all before, must lie apart.
 * @param before totals of the control up to the look before, `after` with this one
 */
export function controlFell(before: ArmTotals | undefined, after: ArmTotals | undefined): string | null {
  if (!before || !after) return null;
  const errors = fell(errorsOf(before), errorsOf(after));
  if (errors !== null) return `the control fails as well: ${errors}`;
  const answers = fell(badAnswersOf(before), badAnswersOf(after));
  return answers === null ? null : `the control's answers are worse as well: ${answers} not good`;
}

const errorsOf = ({ errorRate, requests }: ArmTotals): Share => ({
  bad: (errorRate ?? 0) * requests,
  of: errorRate === null ? 0 : requests,
});

const badAnswersOf = ({ qualityMean, labels }: ArmTotals): Share => ({
  bad: (1 - (qualityMean ?? 1)) * labels,
  of: qualityMean === null ? 0 : labels,
});

function fell(before: Share, after: Share): string | null {
  const now = { of: after.of - before.of, bad: after.bad - before.bad };
  if (before.of < LEAST || now.of < LEAST) return null;
  const rate = ({ bad, of }: Share): number => Math.min(1, Math.max(0, bad / of));
  const high = wilsonInterval(rate(before) * before.of, before.of, ALPHA).high;
  const low = wilsonInterval(rate(now) * now.of, now.of, ALPHA).low;
  return low > high ? `${percent(rate(now))} in the newest look, ${percent(rate(before))} before` : null;
}

const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;
