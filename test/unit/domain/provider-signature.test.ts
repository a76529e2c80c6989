import { describe, expect, it } from 'vitest';
import { distinctProviders, providerSignature } from '../../../src/domain/provider-signature.ts';

const price = { input: 2.5, output: 10 };
const full = { fingerprint: 'fp_1', price_usd_per_mtok: price, latency_class: 'fast' };

describe('the signature of a provider', () => {
  it('is the same text for the same model, fingerprint, price and latency class, and another for any other', () => {
    const of = (model: string, provider?: Parameters<typeof providerSignature>[0]['provider']) =>
      providerSignature({ model, provider });
    expect(
      of('m', { latency_class: 'fast', price_usd_per_mtok: { output: 10, input: 2.5 }, fingerprint: 'fp_1' }),
    ).toBe(of('m', full));
    const others = [
      of('m', full),
      of('n', full),
      of('m', { ...full, fingerprint: 'fp_2' }),
      of('m', { ...full, price_usd_per_mtok: { input: 10, output: 2.5 } }),
      of('m', { ...full, latency_class: 'slow' }),
      of('m', {}),
    ];
    expect(new Set(others).size).toBe(others.length);
    expect(of('m')).toBe(of('m', {}));
  });
});

describe('the providers of a stretch', () => {
  const of = (model: string, fingerprint?: string, priced = true) =>
    providerSignature({
      model,
      provider: { ...(fingerprint && { fingerprint }), ...(priced && { price_usd_per_mtok: price }) },
    });

  it('leave out what only tells less than another', () => {
    expect(distinctProviders([of('m'), of('m', 'fp_1'), of('m', 'fp_1'), of('m', undefined, false)])).toEqual(
      [of('m', 'fp_1')],
    );
  });

  it('keep what tells something else, and what nobody has told more of', () => {
    const kept = [of('m', 'fp_1', false), of('m', undefined), of('n', undefined, false)].toSorted();
    expect(distinctProviders(kept)).toEqual(kept);
    expect(distinctProviders([of('m', 'fp_2'), of('m', 'fp_1')])).toEqual([of('m', 'fp_1'), of('m', 'fp_2')]);
    expect(distinctProviders([])).toEqual([]);
  });
});
