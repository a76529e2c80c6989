/** The streams that detectors are tried on: independent values, stationary or with a known shift. */
import { sampleGamma, sampleLogNormal, type Random } from '../../../src/math/index.ts';

export interface StreamKind {
  readonly name: 'quality' | 'qualityDown' | 'latency' | 'cost';
  readonly shift: string;
  /** Positive and skewed: detectors get logarithms. */
  readonly skewed: boolean;
  readonly draw: (random: Random, shifted: boolean) => number;
}

const bernoulli =
  (before: number, after: number) =>
  (random: Random, shifted: boolean): number =>
    random.next() < (shifted ? after : before) ? 1 : 0;

/** Standard deviation of ln latency, and ln of the median in ms. */
const SIGMA = 1;
const MU = 6.5;
const COST_SHAPE = 2;
const COST_SCALE_USD = 0.001;

export const STREAMS: readonly StreamKind[] = [
  { name: 'quality', shift: '.3 -> .4', skewed: false, draw: bernoulli(0.3, 0.4) },
  { name: 'qualityDown', shift: '.8 -> .7', skewed: false, draw: bernoulli(0.8, 0.7) },
  {
    name: 'latency',
    shift: '+.5 sd of ln',
    skewed: true,
    draw: (random, shifted) => sampleLogNormal(MU + (shifted ? SIGMA / 2 : 0), SIGMA, random),
  },
  {
    name: 'cost',
    shift: '+20 %',
    skewed: true,
    draw: (random, shifted) => sampleGamma(COST_SHAPE, random) * COST_SCALE_USD * (shifted ? 1.2 : 1),
  },
];

/** Values of a stationary stream. */
export const STATIONARY = 100_000;
/** Values before a shift, and how long a detector then has. */
export const BEFORE_SHIFT = 1500;
export const AFTER_SHIFT = 5000;

/** One kind's streams: stationary ones, and some that shift at BEFORE_SHIFT. */
export interface DrawnKind {
  readonly kind: StreamKind;
  readonly stationary: readonly Float64Array[];
  readonly shifted: readonly Float64Array[];
}

const drawStream = (kind: StreamKind, random: Random, length: number, shiftAt: number): Float64Array =>
  Float64Array.from({ length }, (_, i) => kind.draw(random, i >= shiftAt));

export const drawKind = (
  kind: StreamKind,
  random: Random,
  stationary: number,
  shifted: number,
): DrawnKind => ({
  kind,
  stationary: Array.from({ length: stationary }, () => drawStream(kind, random, STATIONARY, Infinity)),
  shifted: Array.from({ length: shifted }, () =>
    drawStream(kind, random, BEFORE_SHIFT + AFTER_SHIFT, BEFORE_SHIFT),
  ),
});
