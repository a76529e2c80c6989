/**
 * Whether both arms are labelled alike. When the candidate's users answer less (or more) often, its quality is the quality of
 * those who answered, and the comparison is about them. Equality of the two label rates, by the block e-process of `tlg.ts`.
 */
import { emptyTlg, foldTlg, type TlgNull, type TlgState } from '../tlg.ts';

/** Labels and exposures of one block, both arms, once its labels are complete. */
export interface LabelCounts {
  readonly stable: { readonly exposures: number; readonly labels: number };
  readonly candidate: { readonly exposures: number; readonly labels: number };
}

const EQUAL: TlgNull = { kind: 'absolute', margin: 0, side: 'two' };

/** Evidence from which the label rates count as different: at most .1 % false alarms over any number of looks. */
export const LABEL_PARITY_LIMIT = Math.log(1000);

export const startLabelParity = (): TlgState => emptyTlg();

/**
 * The evidence after one more block. More labels than exposures (an exposure that was not told) count as all labelled.
 * @throws RangeError naming block.stable or block.candidate, when a count is negative or not finite.
 */
export const foldLabelCounts = (state: TlgState, block: LabelCounts): TlgState => {
  const counts = (['stable', 'candidate'] as const).map((arm) => {
    const { exposures, labels } = block[arm];
    if (!(exposures >= 0 && exposures < Infinity && labels >= 0 && labels < Infinity)) {
      throw new RangeError(
        `block.${arm} must hold finite counts from 0, got ${labels} labels of ${exposures} exposures`,
      );
    }
    return { n: exposures, s: Math.min(labels, exposures) };
  });
  const [stable, candidate] = [counts[0]!, counts[1]!];
  return foldTlg(state, { nA: stable.n, sA: stable.s, nB: candidate.n, sB: candidate.s }, EQUAL);
};

/** Whether the two label rates are proven to differ. Sticky, as the evidence's maximum is. */
export const labelsDiffer = (state: TlgState): boolean => state.maxLogE >= LABEL_PARITY_LIMIT;
