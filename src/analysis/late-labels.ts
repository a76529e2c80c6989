/**
 * Labels that arrived for blocks a rollout had already folded: they never change the folded evidence, they are told apart.
 */
import type { ArmWindow, Block, Metric, SketchState, WindowStats } from '../domain/window.ts';
import { ARMS, METRICS } from '../domain/window.ts';
import { mergeStats } from '../math/index.ts';

/** Unit-first observations of a block over both arms and all metrics: it only grows, so a change means late ones. */
export function observationsIn(block: Block): number {
  return ARMS.flatMap((arm) => Object.values(block.arms[arm])).reduce((sum, stats) => sum + stats.count, 0);
}

/** `now - before` of one block, or null when nothing was added; a metric that holds less than before adds nothing. */
export function differenceOf(now: Block, before: Block): Block | null {
  const arms = {
    stable: armDifference(now.arms.stable, before.arms.stable),
    candidate: armDifference(now.arms.candidate, before.arms.candidate),
  };
  const difference = { ...now, arms };
  return observationsIn(difference) === 0 ? null : difference;
}

/** All differences as one block that spans them; `no` is the first one's. Null when there is none. */
export function sumOfBlocks(blocks: readonly Block[]): Block | null {
  const [first, ...rest] = blocks;
  if (first === undefined) return null;
  return rest.reduce<Block>(
    (sum, block) => ({
      no: sum.no,
      startMs: sum.startMs,
      endMs: block.endMs,
      arms: {
        stable: mergeArms(sum.arms.stable, block.arms.stable),
        candidate: mergeArms(sum.arms.candidate, block.arms.candidate),
      },
    }),
    first,
  );
}

/**
 * The differences summed stretch by stretch, null where there is none. Stretches begin at `stretchesFromMs`, ms, rising; a block belongs to
 * the one during which it began, as in the rollout's own looks, and to the first when it began earlier. Without any: one stretch.
 */
export function sumPerStretch(
  blocks: readonly Block[],
  stretchesFromMs: readonly number[],
): readonly (Block | null)[] {
  const stretchOf = (block: Block): number =>
    Math.max(
      0,
      stretchesFromMs.findLastIndex((fromMs) => fromMs <= block.startMs),
    );
  const stretches = Array.from({ length: Math.max(1, stretchesFromMs.length) }, (_, i) => i);
  return stretches.map((i) => sumOfBlocks(blocks.filter((block) => stretchOf(block) === i)));
}

function mergeArms(a: ArmWindow, b: ArmWindow): ArmWindow {
  return byMetric((metric) => {
    const [x, y] = [a[metric], b[metric]];
    return x !== undefined && y !== undefined ? mergeStats(x, y) : (x ?? y);
  });
}

function armDifference(now: ArmWindow, before: ArmWindow): ArmWindow {
  return byMetric((metric) => {
    const [x, y] = [now[metric], before[metric]];
    if (x === undefined || x.count <= (y?.count ?? 0)) return undefined;
    return y === undefined ? x : subtract(x, y);
  });
}

function byMetric(pick: (metric: Metric) => WindowStats | undefined): ArmWindow {
  const window: Partial<Record<Metric, WindowStats>> = {};
  for (const metric of METRICS) {
    const stats = pick(metric);
    if (stats !== undefined) window[metric] = stats;
  }
  return window;
}

/** Share of a sum by which the difference of two sums may be off. */
const ROUNDING = 1e-9;

/**
 * What was added to a sum of values from 0. Two sums of many values, added up in different orders, differ by rounding: ten late zeros may seem
 * to sum to -1e-16, and are taken as the 0 they are. A larger contradiction is left for the judging to refuse.
 */
function added(now: number, before: number): number {
  const sum = now - before;
  return sum < 0 && sum >= -ROUNDING * now ? 0 : sum;
}

/** Extremes cannot be subtracted: those of the whole block bound the late observations too. */
function subtract(now: WindowStats, before: WindowStats): WindowStats {
  return {
    count: now.count - before.count,
    sum: added(now.sum, before.sum),
    sumOfSquares: Math.max(0, now.sumOfSquares - before.sumOfSquares),
    min: now.min,
    max: now.max,
    sketch: now.sketch && (before.sketch ? subtractSketch(now.sketch, before.sketch) : now.sketch),
  };
}

function subtractSketch(now: SketchState, before: SketchState): SketchState {
  const counts = now.counts.map((n, k) => n - (before.counts[now.offset + k - before.offset] ?? 0));
  return {
    alpha: now.alpha,
    zeroCount: now.zeroCount - before.zeroCount,
    offset: now.offset,
    counts,
  };
}
