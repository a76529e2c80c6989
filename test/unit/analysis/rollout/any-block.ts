/** Blocks as nobody should send them: holes, wrong types, numbers that are none, beside sound ones. */
import * as fc from 'fast-check';
import { costs, healthy, latencies, shares } from './blocks.ts';

/** Numbers as broken feeds send them. */
export const anyNumber = fc.oneof(
  { weight: 6, arbitrary: fc.nat(500) },
  { weight: 2, arbitrary: fc.double() },
  { weight: 2, arbitrary: fc.constantFrom(Number.NaN, Infinity, -Infinity, -1, -0, 0, 1e15, 1e300, 0.5) },
);

export const anyStats: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.nat(400), fc.double({ min: 0, max: 1, noNaN: true }))
      .map(([n, q]) => shares(n, n * q)),
  },
  { weight: 2, arbitrary: fc.nat(300).map((n) => latencies([800, n + 1], [4000, n % 7])) },
  { weight: 2, arbitrary: fc.nat(300).map((n) => costs(n + 1, 0.002)) },
  { weight: 2, arbitrary: fc.nat(300).map((n) => ({ ...latencies([800, n + 1]), sketch: null })) },
  {
    weight: 3,
    arbitrary: fc.record(
      {
        count: anyNumber,
        sum: anyNumber,
        sumOfSquares: anyNumber,
        min: anyNumber,
        max: anyNumber,
        sketch: fc.oneof(
          fc.constant(null),
          fc.record({
            alpha: fc.constant(0.01),
            zeroCount: anyNumber,
            offset: anyNumber,
            counts: fc.array(anyNumber),
          }),
        ),
      },
      { requiredKeys: [] },
    ),
  },
  { weight: 1, arbitrary: fc.anything() },
);

export const anyArm: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 300 }).map((n) => healthy(n)) },
  {
    weight: 3,
    arbitrary: fc.record(
      { quality: anyStats, error: anyStats, latencyMs: anyStats, costUsd: anyStats },
      { requiredKeys: [] },
    ),
  },
  { weight: 1, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.anything() },
);

export const anyBlock: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .tuple(fc.integer({ min: 1, max: 12 }), anyArm, anyArm, fc.option(fc.nat(3), { nil: undefined }))
      .map(([no, stable, candidate, stepIndex]) => ({
        no,
        startMs: no * 60_000,
        endMs: (no + 1) * 60_000,
        arms: { stable, candidate },
        ...(stepIndex === undefined ? {} : { stepIndex }),
      })),
  },
  {
    weight: 1,
    arbitrary: fc.record(
      { no: anyNumber, startMs: anyNumber, endMs: anyNumber, arms: fc.anything(), stepIndex: anyNumber },
      { requiredKeys: [] },
    ),
  },
  { weight: 1, arbitrary: fc.anything() },
);
