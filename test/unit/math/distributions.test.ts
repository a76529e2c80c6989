import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as math from '../../../src/math/index.ts';

const off = (got: number, want: number): number => Math.abs(got - want) / Math.abs(want);
const logUniform = (low: number, high: number): fc.Arbitrary<number> =>
  fc.double({ min: Math.log(low), max: Math.log(high), noNaN: true }).map(Math.exp);
const probability = fc.double({ min: 1e-12, max: 1 - 1e-9, noNaN: true });
const check = <T>(property: fc.IProperty<T>, numRuns = 300): void => {
  fc.assert(property, { seed: 21, numRuns });
};

describe('closed forms', () => {
  it('holds for t with 1 and 2 degrees of freedom', () => {
    for (const t of [0.1, 1, 3.7, 1e5]) {
      expect(off(math.studentTSf(t, 1), Math.atan2(1, t) / Math.PI)).toBeLessThan(1e-14);
      const r = Math.sqrt(2 + t * t);
      expect(off(math.studentTSf(t, 2), 1 / (r * (r + t)))).toBeLessThan(1e-14);
    }
  });
  it('holds for a chi-square with 2 degrees of freedom and a gamma of shape 1', () => {
    for (const x of [1e-9, 0.3, 5, 600]) {
      expect(off(math.chiSquareSf(x, 2), Math.exp(-x / 2))).toBeLessThan(1e-13);
      expect(off(math.gammaCdf(x, 1, 3), -Math.expm1(-x / 3))).toBeLessThan(1e-14);
      expect(off(math.gammaLogSf(1000 * x, 1, 3), (-1000 * x) / 3)).toBeLessThan(1e-14);
    }
  });
  it('holds for beta(1, b) and beta(a, 1)', () => {
    for (const b of [1e-3, 0.5, 1, 40, 1e6]) {
      expect(off(math.betaSf(0.2 / (b + 1), 1, b), Math.exp(b * Math.log1p(-0.2 / (b + 1))))).toBeLessThan(
        1e-13,
      );
      expect(off(math.betaCdf(1 - 2 ** -20, b, 1), Math.exp(b * Math.log1p(-(2 ** -20))))).toBeLessThan(
        2e-12,
      );
    }
  });
  it('holds for a noncentral t at 0 and without noncentrality', () => {
    expect(off(math.noncentralTCdf(0, 7, 1.3), math.normalCdf(-1.3))).toBeLessThan(1e-13);
    expect(off(math.noncentralTSf(2.2, 7, 0), math.studentTSf(2.2, 7))).toBeLessThan(1e-13);
  });
  it('counts combinations', () => {
    expect(Math.round(Math.exp(math.logBinomial(52, 5)))).toBe(2_598_960);
  });
});

describe('both tails', () => {
  it('add up to 1', () => {
    check(
      fc.property(
        logUniform(1e-3, 1e6),
        logUniform(1e-3, 1e6),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (a, b, x) => {
          expect(math.betaCdf(x, a, b) + math.betaSf(x, a, b)).toBeCloseTo(1, 11);
        },
      ),
    );
    check(
      fc.property(logUniform(1e-3, 1e6), logUniform(0.1, 10), (a, ratio) => {
        expect(math.regularizedGammaP(a, a * ratio) + math.regularizedGammaQ(a, a * ratio)).toBeCloseTo(
          1,
          11,
        );
      }),
    );
    check(
      fc.property(
        fc.double({ min: -50, max: 50, noNaN: true }),
        logUniform(0.3, 1e7),
        fc.double({ min: -5, max: 12, noNaN: true }),
        (t, df, ncp) => {
          expect(math.studentTCdf(t, df) + math.studentTSf(t, df)).toBeCloseTo(1, 12);
          expect(math.noncentralTCdf(t, df, ncp) + math.noncentralTSf(t, df, ncp)).toBeCloseTo(1, 11);
        },
      ),
      60,
    );
  });
  it('go on in logarithms where the probability has underflowed', () => {
    expect([
      math.normalSf(50),
      math.studentTSf(50, 1e7),
      math.chiSquareSf(2000, 3),
      math.gammaSf(5000, 2, 1),
    ]).toEqual([0, 0, 0, 0]);
    expect(math.normalLogSf(50)).toBeCloseTo(-1254.8313611394199, 9);
    expect(math.studentTLogSf(50, 1e7)).toBeCloseTo(-1254.6754, 3);
    expect(math.chiSquareLogSf(2000, 3)).toBeLessThan(-990);
    expect(math.gammaLogSf(5000, 2, 1)).toBeCloseTo(-5000 + Math.log(5001), 9);
  });
  it('are continuous where one method hands over to another', () => {
    for (const x of [0.46875, 4]) {
      expect(off(math.erfc(x * (1 + 1e-15)), math.erfc(x * (1 - 1e-15)))).toBeLessThan(1e-10);
    }
    for (const a of [0.01, 0.5, 9.9, 10.1, 300, 1e5]) {
      expect(math.regularizedGammaQ(a, a * (1 + 1e-13))).toBeCloseTo(
        math.regularizedGammaQ(a, a * (1 - 1e-13)),
        9,
      );
    }
    expect(math.kolmogorovSf(1.18)).toBeCloseTo(math.kolmogorovSf(1.18 - 1e-15), 14);
  });
});

describe('quantiles', () => {
  it('turn the normal and t around', () => {
    check(
      fc.property(probability, logUniform(1, 1e7), (p, df) => {
        expect(off(math.normalCdf(math.normalQuantile(p)), p)).toBeLessThan(1e-11);
        expect(off(math.studentTCdf(math.studentTQuantile(p, df), df), p)).toBeLessThan(1e-11);
      }),
    );
  });
  it('turn gamma and chi-square around', () => {
    check(
      fc.property(probability, logUniform(0.3, 1e6), (p, shape) => {
        expect(off(math.gammaCdf(math.gammaQuantile(p, shape, 3), shape, 3), p)).toBeLessThan(1e-11);
        expect(off(math.chiSquareCdf(math.chiSquareQuantile(p, shape), shape), p)).toBeLessThan(1e-11);
      }),
    );
  });
  it('turn beta around', () => {
    check(
      fc.property(
        fc.double({ min: 1e-9, max: 0.99, noNaN: true }),
        logUniform(0.5, 1e6),
        logUniform(0.5, 1e6),
        (p, a, b) => {
          const x = math.betaQuantile(p, a, b);
          // Near 1 the nearest x itself is only so near.
          const allowed = 1e-10 + (1e-15 * Math.exp(math.betaLogPdf(x, a, b))) / p;
          expect(off(math.betaCdf(x, a, b), p)).toBeLessThan(allowed);
        },
      ),
    );
  });
  it('are never NaN and rise with p, for any parameters', () => {
    const parameter = logUniform(1e-6, 1e12);
    check(
      fc.property(parameter, parameter, probability, probability, (a, b, p, q) => {
        const [low, high] = p < q ? [p, q] : [q, p];
        for (const f of [
          (x: number) => math.betaQuantile(x, a, b),
          (x: number) => math.gammaQuantile(x, a, b),
          (x: number) => math.studentTQuantile(x, a),
        ]) {
          expect(f(low)).not.toBeNaN();
          expect(f(high)).toBeGreaterThanOrEqual(f(low) * (1 - Math.sign(f(low)) * 1e-9));
        }
      }),
      150,
    );
  });
});

describe('in any corner of the domain', () => {
  const extreme = fc.oneof(
    logUniform(1e-300, 1e300),
    fc.constantFrom(5e-324, Number.MIN_VALUE * 7, 1, 2, 0.5, Number.MAX_VALUE),
  );
  const signed = fc.oneof(
    extreme,
    extreme.map((x) => -x),
    fc.constantFrom(0, -0, Infinity, -Infinity),
  );
  const unit = fc.oneof(
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.constantFrom(0, 1, 5e-324, 1 - 2 ** -53),
  );
  const isProbability = (p: number): void => {
    expect(p).toBeGreaterThanOrEqual(0);
    expect(p).toBeLessThanOrEqual(1);
  };
  it('a probability is from 0 to 1 and its logarithm is not above 0', () => {
    check(
      fc.property(signed, extreme, extreme, unit, (x, a, b, u) => {
        for (const f of [math.normalCdf, math.normalSf, math.kolmogorovSf]) isProbability(f(x));
        for (const f of [math.studentTCdf, math.studentTSf, math.chiSquareCdf, math.chiSquareSf])
          isProbability(f(x, a));
        for (const f of [math.gammaCdf, math.gammaSf]) isProbability(f(x, a, b));
        for (const f of [math.betaCdf, math.betaSf]) isProbability(f(u, a, b));
        for (const log of [
          math.normalLogSf(x),
          math.studentTLogSf(x, a),
          math.chiSquareLogSf(x, a),
          math.gammaLogSf(x, a, b),
        ]) {
          expect(log).toBeLessThanOrEqual(0);
        }
        expect(math.betaLogPdf(u, a, b)).not.toBeNaN();
      }),
      1500,
    );
  });
  it('so is a noncentral one', () => {
    check(
      fc.property(
        signed,
        logUniform(1e-3, 1e12),
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        (t, df, ncp) => {
          const p = math.noncentralTCdf(t, df, ncp);
          expect(p >= 0 && p <= 1).toBe(true);
        },
      ),
      150,
    );
  });
});
