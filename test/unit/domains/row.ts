/** One public function with arguments inside its domain and, per parameter, values outside it. */
import * as fc from 'fast-check';

/**
 * A row of the domain table. `call` gets `good` with one parameter replaced by a value drawn from `bad`; it must then throw a
 * RangeError or TypeError whose message begins with that parameter's name (`points[0].quality` begins with `points`).
 */
export interface DomainRow {
  /** The exported name. */
  readonly name: string;
  readonly call: (args: Readonly<Record<string, unknown>>) => unknown;
  readonly good: Readonly<Record<string, unknown>>;
  readonly bad: Readonly<Record<string, fc.Arbitrary<unknown>>>;
}

/** Types a row by its arguments. */
export const domainRow = <A extends Readonly<Record<string, unknown>>>(row: {
  readonly name: string;
  readonly call: (args: A) => unknown;
  readonly good: A;
  readonly bad: { readonly [K in keyof A]?: fc.Arbitrary<unknown> };
}): DomainRow => ({
  name: row.name,
  call: (args) => row.call(args as A),
  good: row.good,
  bad: row.bad as Readonly<Record<string, fc.Arbitrary<unknown>>>,
});

export const notFinite = fc.constantFrom(Number.NaN, Infinity, -Infinity);

/** Finite numbers below `limit` (strictly), and those that are not finite. */
export const notFrom = (limit: number): fc.Arbitrary<unknown> =>
  fc.oneof(notFinite, fc.double({ max: limit, maxExcluded: true, min: -1e9, noNaN: true }));

/** Finite numbers at or below `limit`, and those that are not finite. */
export const notAbove = (limit: number): fc.Arbitrary<unknown> =>
  fc.oneof(notFinite, fc.constant(limit), fc.double({ max: limit, min: -1e9, noNaN: true }));

/** Numbers outside [low, high], or outside (low, high) with `open`. */
export const notBetween = (
  low: number,
  high: number,
  open: 'open' | 'closed' = 'closed',
): fc.Arbitrary<unknown> =>
  fc.oneof(
    notFinite,
    fc.double({ max: low, maxExcluded: true, min: low - 1e6, noNaN: true }),
    fc.double({ min: high, minExcluded: true, max: high + 1e6, noNaN: true }),
    ...(open === 'open' ? [fc.constantFrom(low, high)] : []),
  );

/** Numbers that are no whole number from `limit`. */
export const notWholeFrom = (limit: number): fc.Arbitrary<unknown> =>
  fc.oneof(
    notFinite,
    fc.integer({ max: limit - 1, min: limit - 1e6 }),
    fc.integer({ min: limit, max: limit + 1e6 }).map((n) => n + 0.5),
  );

/** A list like `good` with one element that is not finite. */
export const withOneNotFinite = (good: readonly number[]): fc.Arbitrary<unknown> =>
  fc
    .tuple(fc.nat({ max: good.length - 1 }), notFinite)
    .map(([at, value]) => good.map((x, i) => (i === at ? value : x)));
