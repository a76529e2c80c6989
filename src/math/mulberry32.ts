/**
 * The counter form of mulberry32 (Tommy Ettinger): the k-th number of a seed without drawing the ones before it.
 * For reward tables of simulated worlds, where every policy must meet the same world. Decisions draw from `random.ts`.
 */

/** The state moves on by this much per draw. */
const STEP = 0x6d2b79f5;

/**
 * u_k of the stream of `seed`, uniform on [0, 1) with 32 bits; k counts from 1. Only the low 32 bits of `seed` count.
 * mulberry32At(1, 1) is 0.6270739405881613. Golden family `bandit_regret`.
 * @throws RangeError naming `seed` or `k` when it is not a safe integer, or k is below 1.
 */
export const mulberry32At = (seed: number, k: number): number => {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed must be a safe integer, got ${seed}`);
  if (!Number.isSafeInteger(k) || k < 1) throw new RangeError(`k must be a whole number from 1, got ${k}`);
  const state = ((seed | 0) + Math.imul(k, STEP)) | 0;
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
