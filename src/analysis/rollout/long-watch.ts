/** The harm process of a rollout that never starts anew. `harm.ts` says what it may spend. */
import { foldLongWatch, startLongWatch, type LongWatch as LongWatchOf } from '../long-watch.ts';
import { emptyTlg, foldTlg, type RatePair, type TlgNull, type TlgState } from '../tlg.ts';

/** The process, and its alarm, which stays. */
export type LongWatch = LongWatchOf<TlgState>;

export const emptyLongWatch = (): LongWatch => startLongWatch(emptyTlg());

/** The watch after one more block, at an error probability of `level`. @throws RangeError as `foldTlg`. */
export const foldLong = (watch: LongWatch, pair: RatePair, hypothesis: TlgNull, level: number): LongWatch =>
  foldLongWatch(watch, (process) => foldTlg(process, pair, hypothesis), Math.log(1 / level));
