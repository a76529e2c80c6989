import { sampleQuantiles, type QuantileMethod } from '../../../src/analysis/index.ts';
import { goldenAdapter } from '../adapter.ts';

interface Input {
  readonly x: readonly number[];
}

interface Expected {
  readonly q?: readonly number[];
}

export const adapter = goldenAdapter<Input, Expected>({
  family: 'quantiles',
  answer: ({ x }, { q = [0.5] }) => {
    const quantiles = (method: QuantileMethod) => sampleQuantiles(x, q, method);
    const type7 = quantiles('type7');
    const lower = quantiles('lower');
    const inverted = quantiles('invertedCdf');
    if (!type7.ok || !lower.ok || !inverted.ok) return { undefined: 'empty sample' };
    return { q, type7: type7.value, lower: lower.value, inverted_cdf: inverted.value };
  },
});
