/**
 * Where an effect seems to differ: task types or regions, one by one. Exploration: it may suggest the next experiment and never decides this one. Its
 * tests are of one look at a fixed size, over segments that nobody had asked about before.
 */
import { benjaminiHochberg, momentsOf, welchOfMoments } from '../../analysis/index.ts';
import { requireFinite, requireOpenUnit, requireWhole } from '../../math/require.ts';

/** Quality of one arm in one segment, added up over units. */
export interface SegmentSums {
  readonly n: number;
  readonly sum: number;
  readonly sumOfSquares: number;
}

export interface Segment {
  readonly segment: string;
  readonly arms: Readonly<Record<string, SegmentSums>>;
}

/** One variant in one segment. `p` and `pAdjusted` are null where there is no test; `stands` says that the false discovery rate lets it stand out. */
export interface SegmentFinding {
  readonly segment: string;
  readonly variant: string;
  readonly control: { readonly n: number; readonly mean: number };
  readonly treated: { readonly n: number; readonly mean: number };
  readonly difference: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly p: number | null;
  readonly pAdjusted: number | null;
  readonly stands: boolean;
  readonly reason: string;
}

export interface SegmentExploration {
  readonly kind: 'exploration';
  readonly note: string;
  readonly findings: readonly SegmentFinding[];
}

/** Fewer units than these in either arm are told of and not tested. */
const LEAST_UNITS = 30;

const NOTE =
  'exploration: segments were not asked about before the start, and are tested as if looked at once. Of those that stand out at most the stated share is expected to be chance; run an experiment on one before acting on it';

const meanOf = ({ n, sum }: SegmentSums): number => (n === 0 ? 0 : sum / n);

const requireSums = ({ n, sum, sumOfSquares }: SegmentSums, at: string): void => {
  requireWhole(`${at}.n`, n, 0);
  requireFinite(`${at}.sum`, sum);
  requireFinite(`${at}.sumOfSquares`, sumOfSquares);
  if (sumOfSquares < 0) throw new RangeError(`${at}.sumOfSquares must be from 0, got ${sumOfSquares}`);
};

type Untested = Omit<SegmentFinding, 'pAdjusted' | 'stands' | 'reason'>;

const compare = (
  segment: string,
  variant: string,
  a: SegmentSums,
  b: SegmentSums,
  alpha: number,
): Untested => {
  const ends = {
    segment,
    variant,
    control: { n: a.n, mean: meanOf(a) },
    treated: { n: b.n, mean: meanOf(b) },
    difference: meanOf(b) - meanOf(a),
  };
  const found =
    Math.min(a.n, b.n) < LEAST_UNITS
      ? null
      : welchOfMoments(momentsOf(a.n, a.sum, a.sumOfSquares), momentsOf(b.n, b.sum, b.sumOfSquares), {
          alpha,
        });
  if (found === null || !found.ok) return { ...ends, low: null, high: null, p: null };
  const { p, interval } = found.value;
  return { ...ends, low: interval.low, high: interval.high, p: p.twoSided };
};

const reasonOf = ({ control, treated, p }: Untested, pAdjusted: number | null, fdr: number): string => {
  if (p !== null)
    return `exploration: p ${pAdjusted!.toPrecision(2)} of ${fdr}, Benjamini-Hochberg over all segments`;
  return Math.min(control.n, treated.n) < LEAST_UNITS
    ? `exploration: fewer than ${LEAST_UNITS} units in an arm, so there is no test`
    : 'exploration: nothing varies, so there is no test';
};

/**
 * Every variant in every segment, in the order given; those with both arms. Benjamini and Hochberg over all tests hold the expected share of false ones
 * among those that stand out at `falseDiscoveryRate` (.05). Intervals are at 1 - falseDiscoveryRate each, uncorrected.
 * @throws RangeError naming control, falseDiscoveryRate, or a sum as `segments[0].arms.control.n`.
 */
export const exploreSegments = (
  segments: readonly Segment[],
  { control, falseDiscoveryRate = 0.05 }: { readonly control: string; readonly falseDiscoveryRate?: number },
): SegmentExploration => {
  requireOpenUnit('falseDiscoveryRate', falseDiscoveryRate);
  if (typeof control !== 'string' || control === '') {
    throw new RangeError(`control must be the id of an arm, got ${JSON.stringify(control)}`);
  }
  segments.forEach(({ arms }, i) => {
    for (const [arm, sums] of Object.entries(arms)) requireSums(sums, `segments[${i}].arms.${arm}`);
  });
  const compared = segments.flatMap(({ segment, arms }) => {
    const a = arms[control];
    if (a === undefined) return [];
    return Object.entries(arms)
      .filter(([arm]) => arm !== control)
      .map(([arm, b]) => compare(segment, arm, a, b, falseDiscoveryRate));
  });
  const adjusted = benjaminiHochberg(compared.flatMap(({ p }) => p ?? []));
  let next = 0;
  const findings = compared.map((one): SegmentFinding => {
    const pAdjusted = one.p === null ? null : adjusted[next++]!;
    const stands = pAdjusted !== null && pAdjusted <= falseDiscoveryRate;
    return { ...one, pAdjusted, stands, reason: reasonOf(one, pAdjusted, falseDiscoveryRate) };
  });
  return { kind: 'exploration', note: NOTE, findings };
};
