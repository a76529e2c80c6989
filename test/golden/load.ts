/** Reads a golden family and compares numbers by its rule (README.md beside this file). */
import { readFileSync } from 'node:fs';

/** Absolute and relative tolerance; `p_rel` replaces `rel` for p-values. */
export interface Tolerance {
  readonly abs?: number;
  readonly rel?: number;
  readonly p_rel?: number;
}

/** One case. `expected.undefined` names why there must be no number. */
export interface GoldenCase<I, E> {
  readonly id: string;
  readonly tags: readonly string[];
  readonly input: I;
  readonly expected: E & { readonly undefined?: string };
  readonly tolerance?: Tolerance;
}

/** A whole file. */
export interface GoldenFamily<I, E> {
  readonly family: string;
  readonly tolerance: Tolerance;
  readonly cases: readonly GoldenCase<I, E>[];
}

/** Parses a golden file, its number strings ("NaN", "Infinity", "-Infinity") turned into numbers. */
export const parseGolden = (text: string): unknown =>
  JSON.parse(text, (_key, value: unknown) =>
    value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : value,
  );

/** The family of that name beside this file. */
export const loadGolden = <I, E>(family: string): GoldenFamily<I, E> =>
  parseGolden(readFileSync(new URL(`./${family}.json`, import.meta.url), 'utf8')) as GoldenFamily<I, E>;

const isP = (field: string): boolean => field === 'p' || field.startsWith('p_') || field.endsWith('_p');

/** How far `got` is from `expected`: the absolute error, and it as a share of what is allowed (a pass is 1 or less). */
export const distance = (
  field: string,
  got: number,
  expected: number,
  tolerance: Tolerance,
): { readonly error: number; readonly share: number } => {
  if (Object.is(got, expected) || got === expected) return { error: 0, share: 0 };
  const error = Math.abs(got - expected);
  if (!Number.isFinite(error)) return { error: Infinity, share: Infinity };
  if (isP(field) && expected >= 0 && expected < 1e-300) {
    return { error, share: got >= 0 && got < 1e-290 ? 0 : Infinity };
  }
  if (isP(field) && expected >= 0 && expected < 1e-30) {
    const off = Math.abs(Math.log10(got) / Math.log10(expected) - 1);
    return { error, share: Number.isFinite(off) ? off / 1e-3 : Infinity };
  }
  const rel = isP(field) ? (tolerance.p_rel ?? tolerance.rel ?? 0) : (tolerance.rel ?? 0);
  const allowed = (tolerance.abs ?? 0) + rel * Math.abs(expected);
  return { error, share: allowed === 0 ? Infinity : error / allowed };
};

/** Null when `got` meets `expected` in the field's tolerance, else a sentence that says how far off it is. */
export const mismatch = (
  field: string,
  got: number,
  expected: number | null,
  family: Tolerance,
  own?: Tolerance,
): string | null => {
  if (expected === null) return null;
  const { share } = distance(field, got, expected, { ...family, ...own });
  return share <= 1
    ? null
    : `${field}: ${got}, not ${expected} (${share.toPrecision(3)} times what is allowed)`;
};

/** The same for two lists of equal length. */
export const listMismatch = (
  field: string,
  got: readonly number[],
  expected: readonly (number | null)[],
  family: Tolerance,
  own?: Tolerance,
): string | null => {
  if (got.length !== expected.length) return `${field}: ${got.length} values, not ${expected.length}`;
  for (const [i, value] of expected.entries()) {
    const off = mismatch(field, got[i]!, value, family, own);
    if (off !== null) return `at ${i}, ${off}`;
  }
  return null;
};
