/**
 * Whether units that come back fare much worse with a variant. Evidence counts a unit once, by its first outcome: once nearly all users are counted, a variant
 * that begins to fail hurts nobody whom a guardrail would see. This proves nothing and ends nothing: it holds the experiment until somebody has looked.
 *
 * Requests of one user are alike, so their number says little. Each block counts as one observation, the difference d of the shares that failed, whatever
 * traffic it had, in Page's CUSUM (Biometrika 41, 1954): S = max(0, S + d - slack), held at `LIMIT`. A variant of which everything fails gets there in two
 * blocks, one that fails 30 points more often in eight. Where both arms fail alike with 30 %, at 20 requests each, an excursion gets there with
 * exp(-2 x .1 x 1.5 / (2 x .21 / 20)), less than one in a million.
 */
import { getsUnits, type ExperimentDesign, type ExperimentState } from '../../analysis/index.ts';
import type { ExperimentArmWindow, ExperimentWindow } from '../../domain/experiment-window.ts';
import type { ReturningUnits } from '../../state/experiment/index.ts';
import type { Totals } from './totals.ts';

/** Below this many requests per arm a block says nothing. */
const FEWEST = 20;
/** Share of failed requests beyond the guardrail's margin that is let be. */
const SLACK = 0.1;
const LIMIT = 1.5;

/** The part of an arm's requests that were no unit's first. A unit that was moved counts its first in another arm, so a difference may be below 0. */
const backIn = ({ all, unitFirst }: ExperimentArmWindow): { readonly n: number; readonly failed: number } => {
  const n = Math.max(0, (all.error?.count ?? 0) - (unitFirst.error?.count ?? 0));
  return { n, failed: Math.min(n, Math.max(0, (all.error?.sum ?? 0) - (unitFirst.error?.sum ?? 0))) };
};

/** What a block adds to what is known of a variant; the same where it says nothing. */
const addReturning = (
  before: ReturningUnits | undefined,
  control: ExperimentArmWindow,
  variant: ExperimentArmWindow,
  slack: number,
): ReturningUnits | undefined => {
  const [a, b] = [backIn(control), backIn(variant)];
  if (Math.min(a.n, b.n) < FEWEST) return before;
  const [ofControl, ofVariant] = [a.failed / a.n, b.failed / b.n];
  const excess = Math.min(LIMIT, Math.max(0, (before?.excess ?? 0) + ofVariant - ofControl - slack));
  return { excess, control: ofControl, variant: ofVariant };
};

/** Null where errors decide nothing: then units that come back hold nothing either. */
const slackOf = ({ guardrails }: ExperimentDesign): number | null => {
  const errors = guardrails.find(({ metric, required }) => required && metric.id === 'errorRate');
  if (errors === undefined) return null;
  return SLACK + (errors.margin.kind === 'absolute' ? errors.margin.amount : 0);
};

/**
 * The totals with what the units that came back in a window say. `evidence` has its block already. What was known of a variant that gets no units any more is
 * forgotten: it hurts nobody, no block could ever say that it fares well again, and the others are judged.
 */
export const withReturning = (
  totals: Totals,
  { arms }: ExperimentWindow,
  evidence: Pick<ExperimentState, 'design' | 'stage'>,
): Totals => {
  const { design } = evidence;
  const slack = slackOf(design);
  if (slack === null) return totals;
  const control = arms[design.control];
  const after = { ...totals };
  for (const variant of design.variants) {
    const [window, before] = [arms[variant], totals[variant]];
    if (before === undefined) continue;
    const { returning: known, ...others } = before;
    if (!getsUnits(evidence, variant)) {
      after[variant] = others;
    } else if (control !== undefined && window !== undefined) {
      const returning = addReturning(known, control, window, slack);
      after[variant] = { ...others, ...(returning !== undefined && { returning }) };
    }
  }
  return after;
};

const pct = (share: number): string => `${Number((share * 100).toFixed(1))} %`;

/** Why nothing may be concluded now, null when nothing speaks against it. */
export const hurtOnReturn = (totals: Totals, { variants }: ExperimentDesign): string | null => {
  for (const variant of variants) {
    const found = totals[variant]?.returning;
    if (found === undefined || found.excess < LIMIT) continue;
    return `${variant}: ${pct(found.variant)} of the requests of units that came back failed, ${pct(found.control)} in control, which first outcomes do not show; nothing is concluded while that lasts`;
  }
  return null;
};
