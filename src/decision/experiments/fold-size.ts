/**
 * How long the blocks are that evidence is folded in by: frozen with the plan, so that no outcome has a say in it. It folds nothing.
 *
 * The first block of an e-process earns nothing (there is nothing yet to bet on), and each later one bets on those before. A look that is one block of a
 * thousand labels would reach the cap before anything could be proven, also of harm.
 */
const HOUR_MS = 3_600_000;

/** Labels per arm in a block: at most so many, and at most this share of the fixed size, but never so few that blocks are mostly noise. */
const MOST_LABELS = 100;
const LEAST_LABELS = 20;
const PARTS_OF_FIXED = 20;

/** Even the shortest block may hold at most this share of the fixed size; halves still find as much, a whole finds nothing. */
const LEAST_PARTS = 4;

/** Blocks that one look folds of one stretch: after an outage they get longer. */
const MOST_BLOCKS = 60;

export interface FoldSizing {
  /** Of the arm with fewer of them. */
  readonly labelsPerHour: number;
  readonly nFixPerArm: number;
}

/** A whole multiple of `blockMs`, at most the time between two looks (at least one block). */
export const foldMsOf = (
  { labelsPerHour, nFixPerArm }: FoldSizing,
  { blockMs, lookMs }: { readonly blockMs: number; readonly lookMs: number },
): number => {
  const target = Math.max(LEAST_LABELS, Math.min(MOST_LABELS, nFixPerArm / PARTS_OF_FIXED));
  const inBlock = (labelsPerHour * blockMs) / HOUR_MS;
  const most = Math.max(1, Math.floor(lookMs / blockMs));
  return blockMs * Math.max(1, Math.min(most, Math.round(target / Math.max(inBlock, Number.MIN_VALUE))));
};

/** Whether even blocks of `blockMs` would hold too many labels for anything to be proven by the cap. */
export const isTooCoarse = ({ labelsPerHour, nFixPerArm }: FoldSizing, blockMs: number): boolean =>
  (labelsPerHour * blockMs) / HOUR_MS > nFixPerArm / LEAST_PARTS;

/** How long the blocks of one stretch are: `foldMs`, or the multiple of it by which the stretch has few enough of them. */
export const pieceMsOf = (foldMs: number, stretchMs: number): number =>
  foldMs * Math.max(1, Math.ceil(stretchMs / foldMs / MOST_BLOCKS));
