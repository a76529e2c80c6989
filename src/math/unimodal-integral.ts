/**
 * Integrals over the whole line of a function with one peak, given by its logarithm: they neither underflow nor miss the peak. For
 * products of densities and distribution functions, where the peak lies in a tail of one of them.
 */
import { integrate } from './quadrature.ts';

/** What lies this far below the peak, in logarithms, no longer counts. */
const NEGLIGIBLE = 42;

/** Nodes per panel, and halvings of panels at most. */
const PANEL_NODES = 20;
const MOST_HALVINGS = 5000;

type Line = (u: number) => number;

/** The peak of f, near enough to start from: doubling steps to a bracket, ternary search within. */
const peakOf = (f: Line, start: number, step: number): number => {
  let low = start;
  let high = start;
  for (let d = step; f(low - d) > f(low); d *= 2) low -= d;
  for (let d = step; f(high + d) > f(high); d *= 2) high += d;
  // The last doubling may have stepped over the peak.
  const reached = high - low + step;
  [low, high] = [low - reached, high + reached];
  while (high - low > step / 8 || Math.abs(f(high) - f(low)) > 1) {
    const third = (high - low) / 3;
    if (low + third === low || high - third === high) break;
    if (f(low + third) < f(high - third)) low += third;
    else high -= third;
  }
  return (low + high) / 2;
};

/** Ends of panels from the peak on: the first where f has fallen by 2 at most, each next four times as far, until NEGLIGIBLE. */
const edges = (f: Line, peak: number, step: number): readonly number[] => {
  const height = f(peak);
  let distance = 4 * step;
  while (f(peak + distance) < height - 2 && peak + distance / 2 !== peak) distance /= 2;
  const found = [peak];
  for (; f(found.at(-1)!) > height - NEGLIGIBLE; distance *= 4) found.push(peak + distance);
  return found;
};

/** A stretch of the line with the integral over it. */
type Panel = readonly [from: number, to: number, area: number];

const panelOf = (f: Line, from: number, to: number): Panel => [from, to, integrate(f, from, to, PANEL_NODES)];

/**
 * The integral of f over panels that meet at the peak. Each is halved until both halves agree with the whole to `precision` of the
 * answer; the halves' own error is then far smaller.
 */
const integratePanels = (f: Line, panels: readonly Panel[], precision: number): number => {
  const allowed = precision * panels.reduce((sum, [, , area]) => sum + area, 0);
  const open = [...panels];
  let total = 0;
  for (let halvings = 0; open.length > 0; halvings++) {
    const [from, to, whole] = open.pop()!;
    const middle = (from + to) / 2;
    const a = panelOf(f, from, middle);
    const b = panelOf(f, middle, to);
    if (halvings >= MOST_HALVINGS || Math.abs(a[2] + b[2] - whole) <= allowed) total += a[2] + b[2];
    else open.push(a, b);
  }
  return total;
};

/** The panels between neighbouring edges. */
const panelsOf = (f: Line, points: readonly number[]): readonly Panel[] =>
  points.slice(1).map((to, i) => panelOf(f, Math.min(points[i]!, to), Math.max(points[i]!, to)));

/**
 * ln of the integral of e^f over the line, for an f with one maximum that falls without bound on both sides. `start` is where to
 * look first and `step` about a tenth to one width of the peak. Relative error about 1e-14 of the integral.
 */
export const logUnimodalIntegral = (f: Line, start: number, step: number): number => {
  const peak = peakOf(f, start, step);
  const height = f(peak);
  if (height === -Infinity) return -Infinity;
  const scaled = (u: number): number => Math.exp(f(u) - height);
  const panels = [-step, step].flatMap((direction) => panelsOf(scaled, edges(f, peak, direction)));
  // A logarithm of this height is itself no more precise.
  const area = integratePanels(scaled, panels, Math.max(1e-11, 1e-15 * Math.abs(height)));
  return height + Math.log(area);
};
