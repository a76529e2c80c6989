/**
 * One regression tree on gradients for several outputs at once: all share its splits, each has its own values at the leaves. Grown level by
 * level, at each node the split of the greatest second-order gain summed over the outputs (Chen, Guestrin, KDD 2016, equation 7), ties to the lowest feature
 * and cut. Trees are plain JSON.
 */
import type { Cuts } from './bins.ts';

/** A node: the values of a leaf, or "below `cut` go to `left`, else to `right`" by index in the list. The first node is the root. */
export type TreeNode =
  | { readonly leaf: readonly number[] }
  | { readonly feature: number; readonly cut: number; readonly left: number; readonly right: number };

export type Tree = readonly TreeNode[];

export interface TreeOptions {
  /** Levels of splits. */
  readonly depth: number;
  /** Ridge term on leaf values, above 0, in units of the second derivative. */
  readonly lambda: number;
  /** Fewest rows of a leaf. */
  readonly minLeafRows: number;
}

/** First and second derivative of the loss per row and output, row by row; both 0 where nothing was observed. */
export interface Derivatives {
  readonly outputs: number;
  readonly gradients: Float64Array;
  readonly hessians: Float64Array;
}

/** Rows as classes, per feature. */
export interface BinnedRows {
  readonly cuts: Cuts;
  readonly classes: readonly (readonly number[])[];
}

/** A split must gain this share of the node's own score, or it is rounding. */
const ROUNDING = 1e-12;

interface Split {
  readonly feature: number;
  /** Rows of this class and lower go left. */
  readonly lastLeft: number;
  readonly gain: number;
}

/** Sums of derivatives of some rows: per output, and per class of one feature where there is one. */
const sumBy = (
  { outputs, gradients, hessians }: Derivatives,
  rows: readonly number[],
  classes: readonly number[] | null,
  length: number,
): { readonly g: Float64Array; readonly h: Float64Array; readonly n: readonly number[] } => {
  const [g, h] = [new Float64Array(length * outputs), new Float64Array(length * outputs)];
  const n = Array.from({ length }, () => 0);
  for (const row of rows) {
    const at = classes === null ? 0 : classes[row]!;
    n[at]! += 1;
    for (let k = 0; k < outputs; k++) {
      g[at * outputs + k]! += gradients[row * outputs + k]!;
      h[at * outputs + k]! += hessians[row * outputs + k]!;
    }
  }
  return { g, h, n };
};

const bestSplit = (
  { cuts, classes }: BinnedRows,
  slopes: Derivatives,
  rows: readonly number[],
  { lambda, minLeafRows }: TreeOptions,
): Split | null => {
  const { outputs } = slopes;
  const all = sumBy(slopes, rows, null, 1);
  const parent = all.g.reduce((sum, g, k) => sum + g ** 2 / (all.h[k]! + lambda), 0);
  let best: Split | null = null;
  for (let feature = 0; feature < cuts.length; feature++) {
    const last = cuts[feature]!.length;
    if (last === 0) continue;
    const { g, h, n } = sumBy(slopes, rows, classes[feature]!, last + 1);
    const [leftG, leftH] = [new Float64Array(outputs), new Float64Array(outputs)];
    let count = 0;
    for (let at = 0; at < last; at++) {
      if (n[at] === 0) continue;
      count += n[at]!;
      for (let k = 0; k < outputs; k++) {
        leftG[k]! += g[at * outputs + k]!;
        leftH[k]! += h[at * outputs + k]!;
      }
      if (count < minLeafRows || rows.length - count < minLeafRows) continue;
      let gain = -parent;
      for (let k = 0; k < outputs; k++) {
        const [left, right] = [leftG[k]!, all.g[k]! - leftG[k]!];
        gain += (left * left) / (leftH[k]! + lambda);
        gain += (right * right) / (Math.max(0, all.h[k]! - leftH[k]!) + lambda);
      }
      if (gain > ROUNDING * (1 + parent) && (best === null || gain > best.gain)) {
        best = { feature, lastLeft: at, gain };
      }
    }
  }
  return best;
};

/** The tree of `rows`; its leaves are Newton steps -G / (H + lambda) times `shrinkage`. */
export const growTree = (
  binned: BinnedRows,
  slopes: Derivatives,
  rows: readonly number[],
  options: TreeOptions & { readonly shrinkage: number },
): Tree => {
  const nodes: TreeNode[] = [];
  const leafOf = (here: readonly number[]): TreeNode => {
    const { g, h } = sumBy(slopes, here, null, 1);
    // Zero is written as such: a leaf without observations of an output must not say -0.
    return { leaf: Array.from(g, (sum, k) => (-options.shrinkage * sum) / (h[k]! + options.lambda) || 0) };
  };
  const grow = (here: readonly number[], depth: number): number => {
    const at = nodes.length;
    const split = depth === 0 ? null : bestSplit(binned, slopes, here, options);
    if (split === null) return nodes.push(leafOf(here)) - 1;
    const column = binned.classes[split.feature]!;
    const goesLeft = (row: number): boolean => column[row]! <= split.lastLeft;
    nodes.push({ leaf: [] });
    const left = grow(here.filter(goesLeft), depth - 1);
    const right = grow(
      here.filter((row) => !goesLeft(row)),
      depth - 1,
    );
    const cut = binned.cuts[split.feature]![split.lastLeft]!;
    nodes[at] = { feature: split.feature, cut, left, right };
    return at;
  };
  grow(rows, options.depth);
  return nodes;
};

/** The leaf that a feature vector falls into: one value per output. */
export const leafAt = (tree: Tree, x: readonly number[]): readonly number[] => {
  let node = tree[0]!;
  while ('feature' in node) node = tree[x[node.feature]! < node.cut ? node.left : node.right]!;
  return node.leaf;
};
