/**
 * The boundary of the judging: takes one metric of both arms out of a block and refuses what cannot be. One NaN folded in would
 * poison every later verdict, so nothing is filtered silently.
 */
import type { GuardrailSpec } from '../../domain/guardrail.ts';
import {
  ARMS,
  type Arm,
  type ArmWindow,
  type Block,
  type SketchState,
  type WindowStats,
} from '../../domain/window.ts';
import { LARGEST_TRACKABLE, SKETCH_ALPHA, SMALLEST_TRACKABLE, sketchCount } from '../../math/ddsketch.ts';
import { requireCounts } from '../tlg.ts';
import { shown } from './wording.ts';

/** One metric of both arms over the same minutes, neither of them empty. */
export type ArmPair = Readonly<Record<Arm, WindowStats>>;

/**
 * Labels of one arm and metric that a block may hold, and what their sum may be (its square for the sum of squares): far beyond what is
 * measured, and small enough that no rollout can fold them into an infinity or lose a rate's last digits.
 */
export const LARGEST_COUNT = 1e9;
export const LARGEST_SUM = 1e100;

/** Buckets of the stored sketches that a value can fall into, with one to spare at either end. */
const LN_GAMMA = Math.log((1 + SKETCH_ALPHA) / (1 - SKETCH_ALPHA));
const LOWEST_BUCKET = Math.floor(Math.log(SMALLEST_TRACKABLE) / LN_GAMMA) - 1;
const HIGHEST_BUCKET = Math.ceil(Math.log(LARGEST_TRACKABLE) / LN_GAMMA) + 1;

const requireFrom0 = (value: number, largest: number, name: string): void => {
  if (!Number.isFinite(value)) throw new RangeError(`${name} must be a finite number, got ${shown(value)}`);
  if (value < 0) throw new RangeError(`${name} must not be negative, got ${value}`);
  if (value > largest) throw new RangeError(`${name} must be at most ${largest}, got ${value}`);
};

const requireSketch = (stats: WindowStats, path: string): void => {
  const { sketch } = stats;
  if (typeof sketch !== 'object' || sketch === null) {
    throw new RangeError(`${path}.sketch must be present to count slow requests, got ${shown(sketch)}`);
  }
  if (sketch.alpha !== SKETCH_ALPHA) {
    throw new RangeError(`${path}.sketch.alpha must be ${SKETCH_ALPHA}, got ${shown(sketch.alpha)}`);
  }
  const fine = (n: number): boolean => n >= 0 && n <= LARGEST_COUNT;
  const { zeroCount, offset, counts } = sketch;
  if (!fine(zeroCount) || !Array.isArray(counts) || !counts.every(fine) || !Number.isSafeInteger(offset)) {
    throw new RangeError(`${path}.sketch must hold finite counts from 0`);
  }
  if (counts.length > 0 && (offset < LOWEST_BUCKET || offset + counts.length - 1 > HIGHEST_BUCKET)) {
    throw new RangeError(`${path}.sketch.offset must leave all buckets trackable, got ${offset}`);
  }
  const held = sketchCount(sketch);
  if (held !== stats.count) {
    throw new RangeError(`${path}.sketch must hold as many values as count (${stats.count}), got ${held}`);
  }
};

/** The sketch of the values counted, null where there is none that can be counted with. */
export const soundSketch = (stats: WindowStats | null | undefined): SketchState | null => {
  if (!stats || stats.count === 0) return null;
  try {
    requireSketch(stats, 'stats');
    return stats.sketch;
  } catch {
    return null;
  }
};

/**
 * One arm's statistics of one metric, checked for the kind of guardrail; null when nothing arrived (the arm, the metric or its labels
 * are missing).
 * @throws RangeError naming the field under `path`.
 */
export const requireStats = (
  window: ArmWindow | null | undefined,
  spec: Pick<GuardrailSpec, 'kind' | 'metric'>,
  path: string,
): WindowStats | null => {
  const stats: WindowStats | null | undefined = window?.[spec.metric];
  if (stats === undefined || stats === null) return null;
  const at = `${path}.${spec.metric}`;
  if (typeof stats !== 'object') throw new RangeError(`${at} must hold counts and sums, got ${shown(stats)}`);
  requireFrom0(stats.count, LARGEST_COUNT, `${at}.count`);
  if (!Number.isInteger(stats.count)) {
    throw new RangeError(`${at}.count must be a whole number, got ${stats.count}`);
  }
  requireFrom0(stats.sum, LARGEST_SUM, `${at}.sum`);
  requireFrom0(stats.sumOfSquares, LARGEST_SUM ** 2, `${at}.sumOfSquares`);
  if (stats.count === 0) return null;
  if (spec.kind === 'tail') requireSketch(stats, at);
  // Adding 0 turns -0 into 0, which JSON would do later: evidence carried and evidence kept stay the same bit for bit.
  const sum = stats.sum + 0;
  return {
    ...stats,
    sum: spec.kind === 'rate' ? requireCounts(stats.count, sum, `${at}.count`, `${at}.sum`) : sum,
  };
};

/** Both arms of the guardrail's metric; null when either is missing or empty. @throws RangeError as `requireStats`. */
export const requireArms = (block: Block, spec: GuardrailSpec, path = 'block'): ArmPair | null => {
  const arms: Partial<Block['arms']> | null | undefined = block.arms;
  const [stable, candidate] = ARMS.map((arm) => requireStats(arms?.[arm], spec, `${path}.arms.${arm}`));
  return stable && candidate ? { stable, candidate } : null;
};
