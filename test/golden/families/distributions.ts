import * as math from '../../../src/math/index.ts';
import { goldenAdapter } from '../adapter.ts';

interface Call {
  readonly fn: string;
  readonly args: Readonly<Record<string, number>>;
}

/** The functions by name, each with its parameters in order. */
const FUNCTIONS: Readonly<Record<string, (...args: number[]) => number>> = {
  erf: math.erf,
  erfc: math.erfc,
  normalCdf: math.normalCdf,
  normalSf: math.normalSf,
  normalLogSf: math.normalLogSf,
  normalPdf: math.normalPdf,
  normalQuantile: math.normalQuantile,
  logGamma: math.logGamma,
  logBeta: math.logBeta,
  logBinomial: math.logBinomial,
  regularizedGammaP: math.regularizedGammaP,
  regularizedGammaQ: math.regularizedGammaQ,
  gammaCdf: math.gammaCdf,
  gammaSf: math.gammaSf,
  gammaLogSf: math.gammaLogSf,
  gammaQuantile: math.gammaQuantile,
  chiSquareCdf: math.chiSquareCdf,
  chiSquareSf: math.chiSquareSf,
  chiSquareLogSf: math.chiSquareLogSf,
  chiSquareQuantile: math.chiSquareQuantile,
  regularizedBeta: math.regularizedBeta,
  betaCdf: math.betaCdf,
  betaSf: math.betaSf,
  betaLogPdf: math.betaLogPdf,
  betaQuantile: math.betaQuantile,
  studentTCdf: math.studentTCdf,
  studentTSf: math.studentTSf,
  studentTLogSf: math.studentTLogSf,
  studentTQuantile: math.studentTQuantile,
  noncentralTCdf: math.noncentralTCdf,
  noncentralTSf: math.noncentralTSf,
  kolmogorovSf: math.kolmogorovSf,
};

/** The generator writes the arguments in the order of the function's parameters, which JSON keeps. */
export const adapter = goldenAdapter<Call>({
  family: 'distributions',
  answer: ({ fn, args }) => {
    const call = FUNCTIONS[fn];
    if (call === undefined) throw new Error(`no function of the name ${fn}`);
    return { value: call(...Object.values(args)) };
  },
});
