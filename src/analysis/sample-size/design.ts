/** What all sizing shares: the level, the power, how the arms share the traffic, and the rounding to whole units. */
import { normalQuantile } from '../../math/index.ts';
import { requireOpenUnit, requirePositive, requireWhole } from '../../math/require.ts';

/** The level of a test and how the arms share the traffic. */
export interface TestDesign {
  /** Significance level, .05. */
  readonly alpha?: number;
  /** True (the default) when a difference in either direction is to be seen. */
  readonly twoSided?: boolean;
  /** Units of treatment per unit of control, 1. */
  readonly ratio?: number;
}

/** The same with the power wanted, .8. */
export interface SizingDesign extends TestDesign {
  readonly power?: number;
}

export const withDefaults = ({
  alpha = 0.05,
  twoSided = true,
  ratio = 1,
  power = 0.8,
}: SizingDesign): Required<SizingDesign> => ({ alpha, twoSided, ratio, power });

/** @throws RangeError naming alpha, ratio or twoSided. */
export const requireTestDesign = ({ alpha, ratio, twoSided }: Required<TestDesign>): void => {
  requireOpenUnit('alpha', alpha);
  requirePositive('ratio', ratio);
  if (typeof twoSided !== 'boolean')
    throw new TypeError(`twoSided must be true or false, got ${String(twoSided)}`);
};

/** @throws RangeError as `requireTestDesign`, or naming power: it lies between alpha and 1. */
export const requireSizingDesign = (design: Required<SizingDesign>): void => {
  requireTestDesign(design);
  if (!(design.power > design.alpha && design.power < 1)) {
    throw new RangeError(`power must be between alpha (${design.alpha}) and 1, got ${design.power}`);
  }
};

/** @throws RangeError naming `nA`: a whole number from 2. */
export const requireSize = (nA: number): void => requireWhole('nA', nA, 2);

/** The normal quantile that the test statistic has to pass. */
export const criticalZ = ({ alpha, twoSided }: Required<TestDesign>): number =>
  -normalQuantile(twoSided ? alpha / 2 : alpha);

/** Whole units of both arms for the exact size of control: always rounded up, at least one each. */
export const roundUp = (exact: number, ratio: number): { readonly nA: number; readonly nB: number } => {
  const nA = Math.max(1, Math.ceil(exact - 1e-9));
  return { nA, nB: Math.max(1, Math.ceil(nA * ratio - 1e-9)) };
};
