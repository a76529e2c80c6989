/**
 * The textbook method that the product's own rule (`allocation: elimination`, which puts out what is proven worse than control) is shown beside.
 * Successive elimination of settings (Even-Dar, Mannor, Mansour, JMLR 7, 2006), with e-processes in place of confidence radii: an arm is out
 * when another one is proven better than it. Arms are compared within blocks, so shares may change and base rates may drift.
 *
 * Guarantee, at any number of looks: the best arm is ever put out with probability at most alpha. It is put out only when one of the K - 1
 * tests "another arm is better than it" rejects, each of which is false and has error alpha / (K - 1). The guarantee asks for outcomes in
 * 0..1, one per unit, and arms that run at the same time.
 */
import { emptyTlg, foldTlg, type TlgNull, type TlgState } from '../../../src/analysis/index.ts';

/** Outcomes of one arm in one block; successes may be fractional (0..1 each). */
export interface ArmCounts {
  readonly n: number;
  readonly successes: number;
}

export interface EliminationState {
  readonly version: 1;
  readonly alpha: number;
  readonly arms: readonly string[];
  /** Those that were put out, by whom, and in which block. */
  readonly out: readonly { readonly arm: string; readonly by: string; readonly block: number }[];
  readonly lastBlock: number | null;
  /** Evidence that `better` is better than `worse`. */
  readonly pairs: readonly { readonly better: string; readonly worse: string; readonly evidence: TlgState }[];
}

const BETTER: TlgNull = { kind: 'absolute', margin: 0, side: 'greater' };

/** @throws RangeError naming `arms` (two or more, each once) or `alpha` (between 0 and 1). */
export function startElimination(arms: readonly string[], alpha: number): EliminationState {
  if (arms.length < 2 || new Set(arms).size !== arms.length) {
    throw new RangeError(`arms must be two or more, each once, got ${JSON.stringify(arms)}`);
  }
  if (!(alpha > 0 && alpha < 1)) throw new RangeError(`alpha must be between 0 and 1, got ${alpha}`);
  const pairs = arms.flatMap((better) =>
    arms.filter((worse) => worse !== better).map((worse) => ({ better, worse, evidence: emptyTlg() })),
  );
  return { version: 1, alpha, arms, out: [], lastBlock: null, pairs };
}

export const armsLeft = ({ arms, out }: EliminationState): readonly string[] =>
  arms.filter((arm) => !out.some((each) => each.arm === arm));

/**
 * The state after one more block. A block whose number is not above the last one's changes nothing. Arms that are out are not looked at again.
 * @throws RangeError naming `block.no`, or the counts.
 */
export function foldElimination(
  state: EliminationState,
  block: { readonly no: number; readonly arms: Readonly<Record<string, ArmCounts>> },
): EliminationState {
  const { no, arms: counts } = block;
  if (!Number.isSafeInteger(no)) throw new RangeError(`block.no must be a whole number, got ${no}`);
  if (state.lastBlock !== null && no <= state.lastBlock) return state;
  const left = armsLeft(state);
  const pairs = state.pairs.map((pair) => {
    const [worse, better] = [counts[pair.worse], counts[pair.better]];
    if (!left.includes(pair.worse) || !left.includes(pair.better) || !worse || !better) return pair;
    const seen = { nA: worse.n, sA: worse.successes, nB: better.n, sB: better.successes };
    return { ...pair, evidence: foldTlg(pair.evidence, seen, BETTER) };
  });
  const limit = Math.log((state.arms.length - 1) / state.alpha);
  const out = left.flatMap((arm) => {
    const proof = pairs.find(
      ({ better, worse, evidence }) => worse === arm && left.includes(better) && evidence.maxLogE >= limit,
    );
    return proof ? [{ arm, by: proof.better, block: no }] : [];
  });
  return { ...state, lastBlock: no, pairs, out: [...state.out, ...out] };
}
