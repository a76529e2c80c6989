/** Quantiles and tails of the distributions, against SciPy's special functions called one number at a time, as ours are. */
import {
  betaCdf,
  betaQuantile,
  chiSquareQuantile,
  gammaQuantile,
  gammaSf,
  normalCdf,
  normalQuantile,
  studentTCdf,
  studentTQuantile,
} from '../../../src/math/index.ts';
import type { HotFunction } from './hot-function.ts';
import type { Inputs } from './inputs.ts';

export const distributions = ({ uniform }: Inputs): readonly HotFunction[] => {
  const p = uniform(200, 0.001, 0.999);
  const x = uniform(200, -4, 4);
  const of = (
    name: string,
    call: string,
    at: readonly number[],
    f: (value: number) => number,
    [reference, ...args]: readonly [string, ...number[]],
  ): HotFunction => ({
    name,
    call,
    run: () => at.reduce((sum, value) => sum + f(value), 0),
    calls: at.length,
    values: () => at.map(f),
    reference: { name: `scipy.special.${reference}`, task: 'special', input: { f: reference, at, args } },
  });
  return [
    of('normalCdf', 'one x', x, normalCdf, ['ndtr']),
    of('normalQuantile', 'one p', p, normalQuantile, ['ndtri']),
    of('studentTCdf', 'one t, 17 df', x, (t) => studentTCdf(t, 17), ['stdtr', 17]),
    of('studentTQuantile', 'one p, 17 df', p, (q) => studentTQuantile(q, 17), ['stdtrit', 17]),
    of('chiSquareQuantile', 'one p, 9 df', p, (q) => chiSquareQuantile(q, 9), ['chi2', 9]),
    of('gammaQuantile', 'one p, shape 2.5', p, (q) => gammaQuantile(q, 2.5, 1), ['gammaincinv', 2.5]),
    of('gammaSf', 'one x, shape 2.5', uniform(200, 0.1, 12), (v) => gammaSf(v, 2.5, 1), ['gammaincc', 2.5]),
    of('betaCdf', 'one x, (81, 20)', p, (v) => betaCdf(v, 81, 20), ['betainc', 81, 20]),
    of('betaQuantile', 'one p, (81, 20)', p, (q) => betaQuantile(q, 81, 20), ['betaincinv', 81, 20]),
  ];
};
