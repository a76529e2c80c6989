/**
 * Whether control and a variant are labelled alike (`../gates/label-parity.ts`). Bets need it as they need the split: an outcome that is graded must be the
 * variant's with the probability of its weight. The other tests need it for what they are about: those who answer. It only freezes, and never proves.
 */
import { requireWhole } from '../../math/require.ts';
import { foldLabelCounts, LABEL_PARITY_LIMIT, startLabelParity } from '../gates/label-parity.ts';
import type { TlgState } from '../tlg.ts';
import { requireRecord, type ExperimentDesign } from './design.ts';

/** The part of a block that is read here. */
export interface LabelledBlock {
  readonly weights: Readonly<Record<string, number>>;
  readonly labelled?: Readonly<Record<string, { readonly exposures: number; readonly labels: number }>>;
}

/** @throws RangeError or TypeError that begins with `block.labelled`. */
export const requireLabelled = (block: LabelledBlock): void => {
  if (block.labelled === undefined) return;
  requireRecord('block.labelled', block.labelled);
  const inForce = Object.keys(block.weights);
  for (const [arm, counts] of Object.entries(block.labelled)) {
    if (!inForce.includes(arm)) throw new RangeError(`block.labelled must name arms in weights, got ${arm}`);
    requireRecord(`block.labelled.${arm}`, counts);
    requireWhole(`block.labelled.${arm}.exposures`, counts.exposures, 0);
    requireWhole(`block.labelled.${arm}.labels`, counts.labels, 0);
  }
};

/** Evidence after one more block, null until one had counts of both arms. */
export const foldLabelRates = (
  before: TlgState | null,
  { labelled = {} }: LabelledBlock,
  { control }: ExperimentDesign,
  variant: string,
): TlgState | null => {
  if (!Object.hasOwn(labelled, control) || !Object.hasOwn(labelled, variant)) return before;
  const counts = { stable: labelled[control]!, candidate: labelled[variant]! };
  return foldLabelCounts(before ?? startLabelParity(), counts);
};

/** Evidence from which a variant's label rate counts as another than control's: at most .1 % false alarms over all variants and looks. */
export const labelLimit = ({ variants }: ExperimentDesign): number =>
  LABEL_PARITY_LIMIT + Math.log(variants.length);

/** Whether the rates are proven to differ. Sticky. */
export const labelRatesDiffer = (parity: TlgState | null, design: ExperimentDesign): boolean =>
  parity !== null && parity.maxLogE >= labelLimit(design);
