/** A harm process that never starts anew: it sees harm that is there all along. `harm.ts` says what it may spend. */
import { emptyTlg, foldTlg, type RatePair, type TlgNull, type TlgState } from '../tlg.ts';

/** The process, and its alarm, which stays. */
export interface LongWatch {
  readonly process: TlgState;
  readonly alarm: { readonly logE: number; readonly limit: number } | null;
}

export const emptyLongWatch = (): LongWatch => ({ process: emptyTlg(), alarm: null });

/** The watch after one more block, at an error probability of `level`. @throws RangeError as `foldTlg`. */
export const foldLong = (watch: LongWatch, pair: RatePair, hypothesis: TlgNull, level: number): LongWatch => {
  const process = foldTlg(watch.process, pair, hypothesis);
  const limit = Math.log(1 / level);
  return { process, alarm: watch.alarm ?? (process.logE >= limit ? { logE: process.logE, limit } : null) };
};
