/** A trailing window in blocks, for tests that are made at the end of each: a value costs a copy of its block, not of the window. */

export interface TrailingBlocks {
  /** Full blocks, oldest first. */
  readonly blocks: readonly (readonly number[])[];
  /** The block that is being filled. */
  readonly filling: readonly number[];
}

export const NO_BLOCKS: TrailingBlocks = { blocks: [], filling: [] };

/**
 * With one more value; a block is full at `size` values, and of the full ones the newest `keep` are kept. `full` says that this value completed a
 * block and that there are `keep` of them: a look is due.
 */
export const withBlockValue = (
  { blocks, filling }: TrailingBlocks,
  value: number,
  size: number,
  keep: number,
): { readonly next: TrailingBlocks; readonly full: boolean } => {
  const grown = [...filling, value];
  if (grown.length < size) return { next: { blocks, filling: grown }, full: false };
  const kept = [...(blocks.length < keep ? blocks : blocks.slice(1)), grown];
  return { next: { blocks: kept, filling: [] }, full: kept.length === keep };
};

/** @throws RangeError naming `name` unless `value` is a multiple of `every`. */
export const requireMultiple = (name: string, value: number, every: number): void => {
  if (value % every !== 0) {
    throw new RangeError(`${name} must be a multiple of every (${every}), got ${value}`);
  }
};
