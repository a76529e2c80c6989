/**
 * Symmetric positive definite systems by Cholesky's factor: A = L L', L lower triangular (Golub, Van Loan, Matrix Computations, 4th edition, 4.2).
 * Matrices are flat and row-major. Only the lower triangle of A is used. No inverse is ever updated in place: a factor made anew
 * from sums stays exact to rounding, where a rank-one update of an inverse drifts (statistics.md 2.9).
 */
import { requireFinite, requireWhole } from './require.ts';

/** Entries of A and of its mirror may differ by this share of the larger diagonal around them. */
const ASYMMETRY = 1e-8;

/** A list of `length` zeros; several times faster to fill than one that `Array.from` makes. */
export const zeros = (length: number): number[] => {
  const list: number[] = [];
  for (let i = 0; i < length; i++) list.push(0);
  return list;
};

/**
 * The factor without checks; null when A is not positive definite. With `floor` above 0 no squared pivot falls below it: exact
 * for an A known to be `floor` I plus something positive semidefinite, whose pivots rounding alone could push lower.
 */
export const lowerFactor = (matrix: readonly number[], size: number, floor = 0): number[] | null => {
  const factor = zeros(size * size);
  for (let i = 0; i < size; i++) {
    const row = i * size;
    for (let j = 0; j < i; j++) {
      const other = j * size;
      let sum = matrix[row + j]!;
      for (let k = 0; k < j; k++) sum -= factor[row + k]! * factor[other + k]!;
      factor[row + j] = sum / factor[other + j]!;
    }
    let pivot = matrix[row + i]!;
    for (let k = 0; k < i; k++) pivot -= factor[row + k]! * factor[row + k]!;
    pivot = Math.max(pivot, floor);
    if (!(pivot > 0)) return null;
    factor[row + i] = Math.sqrt(pivot);
  }
  return factor;
};

/** Solves L y = b without checks. */
export const lowerSolve = (factor: readonly number[], size: number, b: readonly number[]): number[] => {
  const y = zeros(size);
  for (let i = 0; i < size; i++) {
    let sum = b[i]!;
    for (let k = 0; k < i; k++) sum -= factor[i * size + k]! * y[k]!;
    y[i] = sum / factor[i * size + i]!;
  }
  return y;
};

/** Solves L' x = y without checks. */
export const upperSolve = (factor: readonly number[], size: number, y: readonly number[]): number[] => {
  const x = zeros(size);
  for (let i = size - 1; i >= 0; i--) {
    let sum = y[i]!;
    for (let k = i + 1; k < size; k++) sum -= factor[k * size + i]! * x[k]!;
    x[i] = sum / factor[i * size + i]!;
  }
  return x;
};

const requireList = (name: string, values: readonly number[], length: number): void => {
  if (!Array.isArray(values) || values.length !== length) {
    throw new RangeError(`${name} must be a list of ${length} numbers, got ${values.length}`);
  }
  values.forEach((value, i) => requireFinite(`${name}[${i}]`, value));
};

const requireSymmetric = (matrix: readonly number[], size: number): void => {
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) {
      const [below, above] = [matrix[i * size + j]!, matrix[j * size + i]!];
      const scale = Math.max(Math.abs(matrix[i * size + i]!), Math.abs(matrix[j * size + j]!));
      if (Math.abs(below - above) > ASYMMETRY * scale) {
        throw new RangeError(`matrix must be symmetric, got ${below} and ${above} at ${i}, ${j}`);
      }
    }
  }
};

const requireFactor = (factor: readonly number[], size: number): void => {
  requireWhole('size', size, 1);
  requireList('factor', factor, size * size);
  for (let i = 0; i < size; i++) {
    if (!(factor[i * size + i]! > 0)) {
      throw new RangeError(`factor must have a diagonal above 0, got ${factor[i * size + i]} at ${i}`);
    }
  }
};

/**
 * L of A = L L', flat and row-major, zeros above the diagonal.
 * @param matrix A, `size` x `size`, flat and row-major.
 * @throws RangeError naming `size`, or `matrix` when it has another length, a number that is not finite, is not symmetric or is not positive definite.
 */
export const choleskyFactor = (matrix: readonly number[], size: number): readonly number[] => {
  requireWhole('size', size, 1);
  requireList('matrix', matrix, size * size);
  requireSymmetric(matrix, size);
  const factor = lowerFactor(matrix, size);
  if (factor === null) throw new RangeError('matrix must be positive definite');
  return factor;
};

/**
 * y of L y = b; the squared length of y is b' A^-1 b.
 * @throws RangeError naming `factor`, `size` or `b`.
 */
export const choleskyLowerSolve = (
  factor: readonly number[],
  size: number,
  b: readonly number[],
): readonly number[] => {
  requireFactor(factor, size);
  requireList('b', b, size);
  return lowerSolve(factor, size, b);
};

/**
 * x of A x = b, from the factor of A.
 * @throws RangeError naming `factor`, `size` or `b`.
 */
export const choleskySolve = (
  factor: readonly number[],
  size: number,
  b: readonly number[],
): readonly number[] => {
  requireFactor(factor, size);
  requireList('b', b, size);
  return upperSolve(factor, size, lowerSolve(factor, size, b));
};

/**
 * A^-1 from the factor of A, flat and row-major, exactly symmetric. For reports of a covariance; to solve, use `choleskySolve`.
 * @throws RangeError naming `factor` or `size`.
 */
export const choleskyInverse = (factor: readonly number[], size: number): readonly number[] => {
  requireFactor(factor, size);
  const inverse = zeros(size * size);
  for (let j = 0; j < size; j++) {
    const unit = Array.from({ length: size }, (_, i) => (i === j ? 1 : 0));
    const column = upperSolve(factor, size, lowerSolve(factor, size, unit));
    for (let i = j; i < size; i++) {
      inverse[i * size + j] = column[i]!;
      inverse[j * size + i] = column[i]!;
    }
  }
  return inverse;
};
