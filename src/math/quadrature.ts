/**
 * Numerical integrals of smooth functions: Gauss-Legendre on an interval, and a double exponential rule on the half line.
 * They estimate no error that a caller could act on; each caller's golden values hold the precision.
 */
import { requireFinite, requireWhole } from './require.ts';

/** Nodes on [-1, 1] and their weights. */
export interface QuadratureRule {
  readonly nodes: readonly number[];
  readonly weights: readonly number[];
}

const rules = new Map<number, QuadratureRule>();

/** The Legendre polynomial of degree n at x, and its derivative. */
const legendre = (n: number, x: number): readonly [number, number] => {
  let [previous, current] = [1, x];
  for (let k = 2; k <= n; k++) {
    [previous, current] = [current, ((2 * k - 1) * x * current - (k - 1) * previous) / k];
  }
  return [current, (n * (x * current - previous)) / (x * x - 1)];
};

/** The i-th largest node of n, by Newton's method. */
const nodeAt = (n: number, i: number): number => {
  if (2 * i + 1 === n) return 0;
  let x = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
  for (let step = 0; step < 8; step++) {
    const [value, slope] = legendre(n, x);
    x -= value / slope;
  }
  return x;
};

const computeRule = (n: number): QuadratureRule => {
  if (n === 1) return { nodes: [0], weights: [2] };
  const nodes = Array.from({ length: n }, (_, i) => (2 * i < n ? -nodeAt(n, i) : nodeAt(n, n - 1 - i)));
  const weights = nodes.map((x) => 2 / ((1 - x * x) * legendre(n, x)[1] ** 2));
  return { nodes, weights };
};

/**
 * The Gauss-Legendre rule with n nodes (1 to 1000), nodes rising: exact for polynomials up to degree 2 n - 1.
 * @throws RangeError naming `n`.
 */
export const gaussLegendre = (n: number): QuadratureRule => {
  requireWhole('n', n, 1);
  if (n > 1000) throw new RangeError(`n must be a whole number from 1 to 1000, got ${n}`);
  const known = rules.get(n);
  if (known !== undefined) return known;
  const rule = computeRule(n);
  rules.set(n, rule);
  return rule;
};

/**
 * The integral of f from low to high, in `panels` equal panels of the rule with n nodes.
 * @throws RangeError naming `low`, `high`, `n` or `panels`.
 */
export const integrate = (
  f: (x: number) => number,
  low: number,
  high: number,
  n = 20,
  panels = 1,
): number => {
  requireFinite('low', low);
  requireFinite('high', high);
  requireWhole('panels', panels, 1);
  const { nodes, weights } = gaussLegendre(n);
  const half = (high - low) / (2 * panels);
  let sum = 0;
  for (let panel = 0; panel < panels; panel++) {
    const middle = low + (2 * panel + 1) * half;
    for (let i = 0; i < n; i++) sum += weights[i]! * f(middle + half * nodes[i]!);
  }
  return sum * half;
};

/** Halvings of the step of `integrateHalfLine` before it gives what it has. */
const HALVINGS = 7;

/**
 * The integral of f from 0 to infinity, for an analytic f >= 0 that falls at least like e^(-s / scale), and at 0 is bounded or
 * has an integrable singularity. Trapezoidal rule in t with s = scale exp(t - e^(-t)) (Takahasi, Mori 1974), halved until two
 * answers agree to 1e-9: the error squares with each halving. For callers that checked `scale` > 0.
 */
export const integrateHalfLine = (f: (s: number) => number, scale: number): number => {
  const term = (t: number): number => {
    const decay = Math.exp(-t);
    const s = scale * Math.exp(t - decay);
    return s === 0 ? 0 : f(s) * s * (1 + decay);
  };
  let step = 0.25;
  let sum = sumBothWays(term, 0, step);
  for (let halving = 0; halving < HALVINGS; halving++) {
    const refined = sum + sumBothWays(term, step / 2, step);
    const agrees = Math.abs(refined - 2 * sum) <= 1e-9 * refined;
    step /= 2;
    sum = refined;
    if (agrees) break;
  }
  return sum * step;
};

/** term(start + k step) over all k of both signs, from t = -6.5 up to where terms no longer count. */
const sumBothWays = (term: (t: number) => number, start: number, step: number): number => {
  let sum = 0;
  for (let t = start; t < 12; t += step) {
    const value = term(t);
    sum += value;
    if (t > 2 && value <= 1e-18 * sum) break;
  }
  for (let t = start - step; t > -6.5; t -= step) sum += term(t);
  return sum;
};
