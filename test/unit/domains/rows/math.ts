/** Special functions, distributions, quadrature, random numbers and samplers. */
import * as fc from 'fast-check';
import * as math from '../../../../src/math/index.ts';
import { domainRow, notAbove, notBetween, notFinite, notWholeFrom, type DomainRow } from '../row.ts';

const random = math.randomFromSeed(1);
const notANumber = fc.constant(Number.NaN);
const notPositive = notAbove(0);
const notOpenUnit = notBetween(0, 1, 'open');
const notUnit = notBetween(0, 1);
const notFrom0ToBelow1 = fc.oneof(notUnit, fc.constant(1));

type One = (x: number) => number;
type Two = (x: number, a: number) => number;
type Three = (x: number, a: number, b: number) => number;

const ofX = (name: string, f: One, good: number, bad: fc.Arbitrary<unknown>): DomainRow =>
  domainRow({ name, call: ({ x }: { x: number }) => f(x), good: { x: good }, bad: { x: bad } });

const ofP = (name: string, f: One, bad: fc.Arbitrary<unknown>): DomainRow =>
  domainRow({ name, call: ({ p }: { p: number }) => f(p), good: { p: 0.3 }, bad: { p: bad } });

const ofXDf = (name: string, f: Two): DomainRow =>
  domainRow({
    name,
    call: ({ x, df }: { x: number; df: number }) => f(x, df),
    good: { x: 2, df: 3 },
    bad: { x: notANumber, df: notPositive },
  });

const ofTDf = (name: string, f: Two): DomainRow =>
  domainRow({
    name,
    call: ({ t, df }: { t: number; df: number }) => f(t, df),
    good: { t: 2, df: 3 },
    bad: { t: notANumber, df: notPositive },
  });

const ofPDf = (name: string, f: Two, bad: fc.Arbitrary<unknown>): DomainRow =>
  domainRow({
    name,
    call: ({ p, df }: { p: number; df: number }) => f(p, df),
    good: { p: 0.3, df: 3 },
    bad: { p: bad, df: notPositive },
  });

const ofXShapeScale = (name: string, f: Three): DomainRow =>
  domainRow({
    name,
    call: ({ x, shape, scale }: { x: number; shape: number; scale: number }) => f(x, shape, scale),
    good: { x: 2, shape: 3, scale: 4 },
    bad: { x: notANumber, shape: notPositive, scale: notPositive },
  });

const ofXAB = (name: string, f: Three): DomainRow =>
  domainRow({
    name,
    call: ({ x, a, b }: { x: number; a: number; b: number }) => f(x, a, b),
    good: { x: 0.4, a: 3, b: 4 },
    bad: { x: notUnit, a: notPositive, b: notPositive },
  });

const ofAX = (name: string, f: Two): DomainRow =>
  domainRow({
    name,
    call: ({ a, x }: { a: number; x: number }) => f(a, x),
    good: { a: 2, x: 3 },
    bad: {
      a: notPositive,
      x: fc.oneof(notANumber, fc.double({ max: -1e-300, min: -1e9, noNaN: true })),
    },
  });

const ofTDfNcp = (name: string, f: Three): DomainRow =>
  domainRow({
    name,
    call: ({ t, df, ncp }: { t: number; df: number; ncp: number }) => f(t, df, ncp),
    good: { t: 2, df: 3, ncp: 1 },
    bad: { t: notANumber, df: notPositive, ncp: notFinite },
  });

const tooManyNodes = fc.integer({ min: 1001, max: 1e6 });
const square = (x: number): number => x * x;

export const rows: DomainRow[] = [
  ofX('erf', math.erf, 0.3, notANumber),
  ofX('erfc', math.erfc, 0.3, notANumber),
  ofX('normalCdf', math.normalCdf, 0.3, notANumber),
  ofX('normalSf', math.normalSf, 0.3, notANumber),
  ofX('normalLogSf', math.normalLogSf, 0.3, notANumber),
  ofX('normalPdf', math.normalPdf, 0.3, notANumber),
  ofX('kolmogorovSf', math.kolmogorovSf, 0.3, notANumber),
  ofX('logGamma', math.logGamma, 0.3, notPositive),
  ofP('normalQuantile', math.normalQuantile, notOpenUnit),
  ofXDf('chiSquareCdf', math.chiSquareCdf),
  ofXDf('chiSquareSf', math.chiSquareSf),
  ofXDf('chiSquareLogSf', math.chiSquareLogSf),
  ofPDf('chiSquareQuantile', math.chiSquareQuantile, notFrom0ToBelow1),
  ofTDf('studentTCdf', math.studentTCdf),
  ofTDf('studentTSf', math.studentTSf),
  ofTDf('studentTLogSf', math.studentTLogSf),
  ofPDf('studentTQuantile', math.studentTQuantile, notOpenUnit),
  ofTDfNcp('noncentralTCdf', math.noncentralTCdf),
  ofTDfNcp('noncentralTSf', math.noncentralTSf),
  ofXShapeScale('gammaCdf', math.gammaCdf),
  ofXShapeScale('gammaSf', math.gammaSf),
  ofXShapeScale('gammaLogSf', math.gammaLogSf),
  domainRow({
    name: 'gammaQuantile',
    call: ({ p, shape, scale }: { p: number; shape: number; scale: number }) =>
      math.gammaQuantile(p, shape, scale),
    good: { p: 0.3, shape: 2, scale: 3 },
    bad: { p: notFrom0ToBelow1, shape: notPositive, scale: notPositive },
  }),
  ofXAB('betaCdf', math.betaCdf),
  ofXAB('betaSf', math.betaSf),
  ofXAB('betaLogPdf', math.betaLogPdf),
  ofXAB('regularizedBeta', math.regularizedBeta),
  domainRow({
    name: 'betaQuantile',
    call: ({ p, a, b }: { p: number; a: number; b: number }) => math.betaQuantile(p, a, b),
    good: { p: 0.3, a: 2, b: 3 },
    bad: { p: notUnit, a: notPositive, b: notPositive },
  }),
  ofAX('regularizedGammaP', math.regularizedGammaP),
  ofAX('regularizedGammaQ', math.regularizedGammaQ),
  domainRow({
    name: 'logBeta',
    call: ({ a, b }: { a: number; b: number }) => math.logBeta(a, b),
    good: { a: 2, b: 3 },
    bad: { a: notPositive, b: notPositive },
  }),
  domainRow({
    name: 'logBinomial',
    call: ({ n, k }: { n: number; k: number }) => math.logBinomial(n, k),
    good: { n: 7, k: 3 },
    bad: { n: notWholeFrom(0), k: fc.oneof(notWholeFrom(0), fc.integer({ min: 8, max: 1e6 })) },
  }),
  domainRow({
    name: 'logAddExp',
    call: ({ a, b }: { a: number; b: number }) => math.logAddExp(a, b),
    good: { a: 2, b: 3 },
    bad: { a: notANumber, b: notANumber },
  }),
  domainRow({
    name: 'lambertWMinus1',
    call: ({ z }: { z: number }) => math.lambertWMinus1(z),
    good: { z: -0.2 },
    bad: { z: fc.oneof(notFinite, fc.constantFrom(0, 0.1, -0.37, -1)) },
  }),
  domainRow({
    name: 'gaussLegendre',
    call: ({ n }: { n: number }) => math.gaussLegendre(n),
    good: { n: 5 },
    bad: { n: fc.oneof(notWholeFrom(1), tooManyNodes) },
  }),
  domainRow({
    name: 'integrate',
    call: ({ low, high, n, panels }: { low: number; high: number; n: number; panels: number }) =>
      math.integrate(square, low, high, n, panels),
    good: { low: 0, high: 1, n: 5, panels: 2 },
    bad: {
      low: notFinite,
      high: notFinite,
      n: fc.oneof(notWholeFrom(1), tooManyNodes),
      panels: notWholeFrom(1),
    },
  }),
  domainRow({
    name: 'mulberry32At',
    call: ({ seed, k }: { seed: number; k: number }) => math.mulberry32At(seed, k),
    good: { seed: 1, k: 1 },
    bad: { seed: fc.oneof(notFinite, fc.constantFrom(0.5, 2 ** 53)), k: notWholeFrom(1) },
  }),
  domainRow({
    name: 'randomFromSeed',
    call: ({ seed }: { seed: number }) => math.randomFromSeed(seed),
    good: { seed: 1 },
    bad: { seed: fc.oneof(notFinite, fc.constantFrom(0.5, 2 ** 53)) },
  }),
  domainRow({
    name: 'randomFromState',
    call: ({ state }: { state: math.RandomState }) => math.randomFromState(state),
    good: { state: random.state() },
    bad: {
      state: fc.constantFrom(
        { generator: 'xoroshiro128plus', words: [] },
        { generator: 'xoroshiro128plus', words: [0, 0, 0, 0] },
        { generator: 'xoroshiro128plus', words: [1, 2, 3, Number.NaN] },
        { generator: 'xoroshiro128plus', words: [1, 2, 3, 2 ** 31] },
        { generator: 'xoroshiro128plus' },
        { generator: 'other', words: [1, 2, 3, 4] },
      ),
    },
  }),
  domainRow({
    name: 'sampleLogNormal',
    call: ({ mu, sigma }: { mu: number; sigma: number }) => math.sampleLogNormal(mu, sigma, random),
    good: { mu: 1, sigma: 0 },
    bad: { mu: notFinite, sigma: fc.oneof(notFinite, fc.double({ max: -1e-300, min: -1e9, noNaN: true })) },
  }),
  domainRow({
    name: 'sampleGamma',
    call: ({ shape }: { shape: number }) => math.sampleGamma(shape, random),
    good: { shape: 1 },
    bad: { shape: notPositive },
  }),
  domainRow({
    name: 'sampleBeta',
    call: ({ a, b }: { a: number; b: number }) => math.sampleBeta(a, b, random),
    good: { a: 2, b: 3 },
    bad: { a: notPositive, b: notPositive },
  }),
  domainRow({
    name: 'sampleBinomial',
    call: ({ n, p }: { n: number; p: number }) => math.sampleBinomial(n, p, random),
    good: { n: 10, p: 0.5 },
    bad: { n: notWholeFrom(0), p: notUnit },
  }),
];
