/**
 * What answered a request, as one text: equal texts are one provider, and a change of it closes a phase of an experiment. It knows no default:
 * what the gateway could not tell is `null` in it.
 */
import type { FeedbackData } from './feedback.ts';

/** JSON of model, fingerprint, price (USD per million tokens in and out) and latency class, always in this order. */
export function providerSignature({ model, provider }: Pick<FeedbackData, 'model' | 'provider'>): string {
  const price = provider?.price_usd_per_mtok;
  return JSON.stringify({
    model,
    fingerprint: provider?.fingerprint ?? null,
    priceUsdPerMtok: price ? `${price.input}/${price.output}` : null,
    latencyClass: provider?.latency_class ?? null,
  });
}

/** Whether what one signature tells is all told by another, and more: an answer for which nobody told the fingerprint came from no other provider for that. */
export function tellsLess(one: string, other: string): boolean {
  if (one === other) return false;
  const told = partsOf(other);
  return [...partsOf(one)].every(([name, value]) => value === null || value === told.get(name));
}

/** The signatures without those that only tell less than another one. Sorted, each once. */
export function distinctProviders(signatures: Iterable<string>): readonly string[] {
  const all = [...new Set(signatures)].sort();
  return all.filter((one) => !all.some((other) => tellsLess(one, other)));
}

function partsOf(signature: string): ReadonlyMap<string, unknown> {
  // Not one of ours: it tells what it is and nothing that could be compared.
  if (!signature.startsWith('{')) return new Map([[signature, signature]]);
  return new Map(Object.entries(JSON.parse(signature) as Readonly<Record<string, unknown>>));
}
