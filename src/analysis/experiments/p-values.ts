/** One test's p-values against the three alternatives. Each comes from a survival function, so a tiny one keeps its digits. */
import { normalCdf, normalSf, studentTCdf, studentTSf } from '../../math/index.ts';

/** `greater` is H1: b is above a. `twoSided` is twice the smaller tail for z and t. */
export interface PValues {
  readonly twoSided: number;
  readonly greater: number;
  readonly less: number;
}

/** Of a statistic that is standard normal under the null. */
export const pOfZ = (z: number): PValues => ({
  twoSided: Math.min(1, 2 * normalSf(Math.abs(z))),
  greater: normalSf(z),
  less: normalCdf(z),
});

/** Of a statistic that is Student's t with `df` degrees of freedom under the null. */
export const pOfT = (t: number, df: number): PValues => ({
  twoSided: Math.min(1, 2 * studentTSf(Math.abs(t), df)),
  greater: studentTSf(t, df),
  less: studentTCdf(t, df),
});
