/** Differences of means in units of the spread. They describe; nothing is decided by them. Golden family `welch_t`. */
import { logBeta } from '../../math/index.ts';
import { requirePositive } from '../../math/require.ts';

/**
 * Hedges' exact factor that takes the bias out of Cohen's d: Gamma(m/2) / (sqrt(m/2) Gamma((m-1)/2)) for m degrees of freedom
 * (Hedges, J. Educ. Stat. 6, 1981). From the beta function, so that a large m costs no digits.
 * @throws RangeError naming `df` unless it is finite and above 1.
 */
export const hedgesFactor = (df: number): number => {
  requirePositive('df', df);
  if (df <= 1) throw new RangeError(`df must be above 1, got ${df}`);
  return Math.exp(0.5 * (Math.log(Math.PI) - Math.log(df / 2)) - logBeta((df - 1) / 2, 0.5));
};
