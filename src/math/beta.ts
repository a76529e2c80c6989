/** The logarithm of the beta function, for mixtures over a rate. */
import { logGamma } from './special.ts';

/** ln B(a, b) for a, b > 0. @throws RangeError as `logGamma`. */
export const logBeta = (a: number, b: number): number => logGamma(a) + logGamma(b) - logGamma(a + b);
