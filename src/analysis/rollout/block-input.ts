/**
 * The boundary of the judging: takes one metric of both arms out of a block and refuses what cannot be. One NaN folded in would
 * poison every later verdict, so nothing is filtered silently.
 */
import type { GuardrailSpec } from '../../domain/guardrail.ts';
import { ARMS, type Arm, type ArmWindow, type Block, type WindowStats } from '../../domain/window.ts';
import { SKETCH_ALPHA, sketchCount } from '../../math/ddsketch.ts';
import { requireCounts } from '../tlg.ts';

/** One metric of both arms over the same minutes, neither of them empty. */
export type ArmPair = Readonly<Record<Arm, WindowStats>>;

const requireFinite = (value: number, name: string): void => {
  if (!Number.isFinite(value)) throw new RangeError(`${name} must be a finite number, got ${value}`);
};

const requireSketch = (stats: WindowStats, path: string): void => {
  const { sketch } = stats;
  if (sketch === null)
    throw new RangeError(`${path}.sketch must be present to count slow requests, got null`);
  if (sketch.alpha !== SKETCH_ALPHA) {
    throw new RangeError(`${path}.sketch.alpha must be ${SKETCH_ALPHA}, got ${sketch.alpha}`);
  }
  const fine = (n: number): boolean => n >= 0 && n < Infinity;
  if (!fine(sketch.zeroCount) || !sketch.counts.every(fine) || !Number.isSafeInteger(sketch.offset)) {
    throw new RangeError(`${path}.sketch must hold finite counts from 0`);
  }
  const held = sketchCount(sketch);
  if (held !== stats.count) {
    throw new RangeError(`${path}.sketch must hold as many values as count (${stats.count}), got ${held}`);
  }
};

/**
 * One arm's statistics of one metric, checked for the kind of guardrail; null when nothing arrived.
 * @throws RangeError naming the field under `path`.
 */
export const requireStats = (
  window: ArmWindow,
  spec: Pick<GuardrailSpec, 'kind' | 'metric'>,
  path: string,
): WindowStats | null => {
  const stats = window[spec.metric];
  if (stats === undefined) return null;
  const at = `${path}.${spec.metric}`;
  requireFinite(stats.count, `${at}.count`);
  requireFinite(stats.sum, `${at}.sum`);
  requireFinite(stats.sumOfSquares, `${at}.sumOfSquares`);
  if (stats.count < 0) throw new RangeError(`${at}.count must not be negative, got ${stats.count}`);
  if (stats.sumOfSquares < 0) {
    throw new RangeError(`${at}.sumOfSquares must not be negative, got ${stats.sumOfSquares}`);
  }
  if (stats.count === 0) return null;
  if (spec.kind === 'tail') requireSketch(stats, at);
  if (spec.kind !== 'rate') return stats;
  return { ...stats, sum: requireCounts(stats.count, stats.sum, `${at}.count`, `${at}.sum`) };
};

/** Both arms of the guardrail's metric; null when either is missing or empty. @throws RangeError as `requireStats`. */
export const requireArms = (block: Block, spec: GuardrailSpec): ArmPair | null => {
  const [stable, candidate] = ARMS.map((arm) => requireStats(block.arms[arm], spec, `block.arms.${arm}`));
  return stable && candidate ? { stable, candidate } : null;
};
