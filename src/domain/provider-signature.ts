/**
 * What answered a request, as one text: equal texts are one provider, and a change of it closes a phase of an experiment. It compares
 * nothing and knows no default: what the gateway could not tell is `null` in it.
 */
import type { FeedbackData } from './feedback.ts';

/** JSON of model, fingerprint, price (USD per million tokens in and out) and latency class, always in this order. */
export function providerSignature({ model, provider }: Pick<FeedbackData, 'model' | 'provider'>): string {
  const price = provider?.price_usd_per_mtok;
  return JSON.stringify({
    model,
    fingerprint: provider?.fingerprint ?? null,
    priceUsdPerMtok: price ? { input: price.input, output: price.output } : null,
    latencyClass: provider?.latency_class ?? null,
  });
}
