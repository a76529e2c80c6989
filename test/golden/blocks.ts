/** What the adapters of the block e-processes share: the files' names for counts, and the answer of a sequence of looks. */
import { alwaysValidP, type RatePair } from '../../src/analysis/index.ts';
import type { Answer } from './adapter.ts';

/** One block as the golden files write it. */
export interface RawBlock {
  readonly n_a: number;
  readonly s_a: number;
  readonly n_b: number;
  readonly s_b: number;
}

export const pairOf = (b: RawBlock): RatePair => ({ nA: b.n_a, sA: b.s_a, nB: b.n_b, sB: b.s_b });

/** Evidence, always-valid p and the first look that rejects at `alpha` (-1 for none). */
export const sequenceAnswer = (
  states: readonly { readonly logE: number; readonly maxLogE: number }[],
  alpha: number,
): Answer => ({
  log_e: states.map((state) => state.logE),
  p_running: states.map((state) => alwaysValidP(state.maxLogE)),
  first_reject_block: states.findIndex((state) => state.maxLogE >= Math.log(1 / alpha)),
});
