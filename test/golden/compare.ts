/** Compares an answer with what a golden case expects, field by field, by the rule in README.md beside this file. */
import { distance, type Tolerance } from './load.ts';

/** What came out of comparing: sentences, and the largest error over what is allowed. */
export interface Comparison {
  readonly problems: readonly string[];
  readonly worst: number;
  readonly worstError: number;
}

const FINE: Comparison = { problems: [], worst: 0, worstError: 0 };
const problem = (text: string): Comparison => ({
  problems: [text],
  worst: Infinity,
  worstError: Infinity,
});

/** All problems, and the worst of each. */
export const joinComparisons = (all: readonly Comparison[]): Comparison => ({
  problems: all.flatMap((one) => one.problems),
  worst: Math.max(0, ...all.map((one) => one.worst)),
  worstError: Math.max(0, ...all.map((one) => one.worstError)),
});

const numbers = (path: string, field: string, got: unknown, expected: number, tolerance: Tolerance) => {
  if (typeof got !== 'number') return problem(`${path}: ${JSON.stringify(got)}, not ${expected}`);
  const { error, share } = distance(field, got, expected, tolerance);
  return share <= 1
    ? { problems: [], worst: share, worstError: error }
    : {
        problems: [`${path}: ${got}, not ${expected} (${share.toPrecision(3)} times what is allowed)`],
        worst: share,
        worstError: error,
      };
};

/** Compares `got` with `expected`; `null` in `expected` is not compared. `field` is the name that tolerances go by. */
export const compare = (
  path: string,
  field: string,
  got: unknown,
  expected: unknown,
  tolerance: Tolerance,
): Comparison => {
  if (expected === null) return FINE;
  if (typeof expected === 'number') return numbers(path, field, got, expected, tolerance);
  if (Array.isArray(expected)) {
    if (!Array.isArray(got)) return problem(`${path}: ${JSON.stringify(got)}, not a list`);
    if (got.length !== expected.length) {
      return problem(`${path}: ${got.length} values, not ${expected.length}`);
    }
    return joinComparisons(
      expected.map((value, i) => compare(`${path}[${i}]`, field, (got as unknown[])[i], value, tolerance)),
    );
  }
  if (typeof expected === 'object') {
    if (typeof got !== 'object' || got === null) {
      return problem(`${path}: ${JSON.stringify(got)}, not a record`);
    }
    return joinComparisons(
      Object.entries(expected as Record<string, unknown>).map(([key, value]) =>
        compare(`${path}.${key}`, key, (got as Record<string, unknown>)[key], value, tolerance),
      ),
    );
  }
  return Object.is(got, expected)
    ? FINE
    : problem(`${path}: ${JSON.stringify(got)}, not ${JSON.stringify(expected)}`);
};
