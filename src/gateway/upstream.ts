/**
 * What the gateway asks of whatever answers its requests. An implementation owns models, prices and waiting; it knows
 * nothing of arms.
 */
import type { Problem } from '../domain/failure.ts';
import type { Configuration } from '../domain/orchestrator-wire.ts';

export interface UpstreamRequest {
  readonly requestId: string;
  readonly serviceId: string;
  readonly configuration: Configuration;
  /** What was chosen for the request: what stands behind (a cache, a limiter) serves it by this generation. */
  readonly chosen?: { readonly arm: string; readonly generation: number; readonly experiment?: string };
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
  /** `metadata` of the request: strings, as OpenAI's API has it. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** What answered, as far as the upstream knows it. Prices are list prices, USD for a million tokens. */
export interface ProviderInfo {
  /** The version of the model that ran, in the provider's words. */
  readonly fingerprint?: string;
  readonly priceUsdPerMtok?: { readonly input: number; readonly output: number };
  readonly latencyClass?: string;
}

/** What one attempt cost and took, whether it worked or not. */
export interface Usage {
  /** The model that ran, by its exact name. */
  readonly model: string;
  /** `gen_ai.system`: who serves the model, such as `openai`. */
  readonly system: string;
  readonly taskType: string;
  readonly costUsd: number;
  readonly latencyMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly provider?: ProviderInfo;
}

/** `quality` is 0..1, null while nobody has judged the answer. */
export type UpstreamAnswer =
  | {
      readonly kind: 'answered';
      readonly content: string;
      readonly quality: number | null;
      readonly usage: Usage;
    }
  | { readonly kind: 'failed'; readonly status: number; readonly message: string; readonly usage: Usage }
  /** There is no recorded answer: nothing ran, nothing may be counted. */
  | { readonly kind: 'notRecorded'; readonly message: string };

export interface Upstream {
  /** What is wrong with a configuration (unknown model, impossible parameter); empty: it can be served. */
  validate(configuration: Configuration): readonly Problem[];
  /** Never rejects for what a provider may do: an error of the provider is the answer `failed`. */
  complete(request: UpstreamRequest): Promise<UpstreamAnswer>;
}
