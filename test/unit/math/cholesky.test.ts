import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  choleskyFactor,
  choleskyInverse,
  choleskyLowerSolve,
  choleskySolve,
} from '../../../src/math/index.ts';

/** M M' + I for any M, flat. */
const positiveDefinite = fc.integer({ min: 1, max: 7 }).chain((size) =>
  fc
    .array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: size * size, maxLength: size * size })
    .map((m) => ({
      size,
      matrix: Array.from({ length: size * size }, (_, at) => {
        const [i, j] = [Math.floor(at / size), at % size];
        let sum = i === j ? 1 : 0;
        for (let k = 0; k < size; k++) sum += m[i * size + k]! * m[j * size + k]!;
        return sum;
      }),
    })),
);

const times = (matrix: readonly number[], size: number, x: readonly number[]): number[] =>
  x.map((_, i) => x.reduce((sum, value, j) => sum + matrix[i * size + j]! * value, 0));

describe('Cholesky factor', () => {
  it('is the textbook one', () => {
    expect(choleskyFactor([4, 12, -16, 12, 37, -43, -16, -43, 98], 3)).toEqual([2, 0, 0, 6, 1, 0, -8, 5, 3]);
  });

  it('gives the matrix back, and solves it', () => {
    fc.assert(
      fc.property(positiveDefinite, ({ size, matrix }) => {
        const factor = choleskyFactor(matrix, size);
        const x = Array.from({ length: size }, (_, i) => i - 1.5);
        const b = times(matrix, size, x);
        const norm = Math.max(...matrix.map(Math.abs));
        const solved = choleskySolve(factor, size, b);
        // The error of a solution may grow with the condition number; the residual may not.
        times(matrix, size, solved).forEach((value, i) => {
          expect(Math.abs(value - b[i]!)).toBeLessThan(1e-12 * norm * size * 10);
        });
        const y = choleskyLowerSolve(factor, size, b);
        const quadratic = y.reduce((sum, value) => sum + value * value, 0);
        expect(quadratic).toBeCloseTo(
          b.reduce((sum, value, i) => sum + value * solved[i]!, 0),
          6,
        );
      }),
      { seed: 4 },
    );
  });

  it('inverts, symmetrically to the last bit', () => {
    const matrix = [5, 2, 1, 2, 6, 3, 1, 3, 7];
    const inverse = choleskyInverse(choleskyFactor(matrix, 3), 3);
    for (let i = 0; i < 3; i++) {
      const column = [0, 1, 2].map((k) => inverse[k * 3 + i]!);
      times(matrix, 3, column).forEach((value, k) => expect(value).toBeCloseTo(k === i ? 1 : 0, 14));
      for (let j = 0; j < i; j++) expect(inverse[i * 3 + j]).toBe(inverse[j * 3 + i]);
    }
  });

  it.each([
    ['indefinite', [1, 2, 2, 1]],
    ['only semidefinite', [1, 1, 1, 1]],
    ['zero', [0, 0, 0, 0]],
    ['negative', [-1, 0, 0, -1]],
  ])('refuses an %s matrix by name', (_name, matrix) => {
    expect(() => choleskyFactor(matrix, 2)).toThrow(/^matrix must be positive definite/u);
  });

  it('refuses a matrix that is not symmetric, but takes rounding', () => {
    expect(() => choleskyFactor([2, 1, 0.5, 2], 2)).toThrow(/^matrix must be symmetric/u);
    expect(choleskyFactor([2, 1 + 1e-15, 1, 2], 2)[2]).toBeCloseTo(Math.SQRT1_2, 14);
  });
});
