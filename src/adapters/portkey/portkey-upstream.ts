/**
 * Asks Portkey's gateway. Its configuration is a header of each request, so a change is there at once and whole, and which arm a
 * unit gets stays with our gateway: sticky and exact. Portkey adds its retries, caches and providers.
 */
import { z } from 'zod';
import type { Problem } from '../../domain/failure.ts';
import type { Configuration } from '../../domain/orchestrator-wire.ts';
import type { Upstream, UpstreamRequest, Usage } from '../../gateway/index.ts';
import { overrideParams, parameterProblems } from './override-params.ts';
import { providerOf, type Provider } from './providers.ts';

export interface PortkeyOptions {
  /** Portkey's base address, such as `http://127.0.0.1:8787`. */
  readonly url: string;
  readonly providers: readonly Provider[];
  /** For a whole answer; 60 s by default. */
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 60_000;
const SHOWN_TEXT = 200;
const LONGEST_FINGERPRINT = 200;
const TOKENS_PER_MTOK = 1_000_000;
const BAD_GATEWAY = 502;
const GATEWAY_TIMEOUT = 504;

const tokens = z.number().min(0).catch(0);
const answerSchema = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string().nullable() }) })).min(1),
  usage: z.object({ prompt_tokens: tokens, completion_tokens: tokens }).nullish(),
  system_fingerprint: z.string().min(1).max(LONGEST_FINGERPRINT).nullish().catch(null),
});

/** The header of one request: one target, since the arm is chosen already. */
export function portkeyConfig(configuration: Configuration, provider: Provider): string {
  return JSON.stringify({
    strategy: { mode: 'single' },
    targets: [
      {
        provider: provider.provider,
        ...(provider.apiKey !== null && { api_key: provider.apiKey }),
        ...(provider.customHost !== null && { custom_host: provider.customHost }),
        override_params: overrideParams(configuration),
      },
    ],
  });
}

/** Never rejects for what a provider may do; a configuration without a provider is refused before it is served. */
export function createPortkeyUpstream(options: PortkeyOptions): Upstream {
  const { providers } = options;
  return {
    validate: (configuration) => [
      ...modelProblems(providers, configuration),
      ...parameterProblems(configuration),
    ],
    complete: async (request) => {
      const model = request.configuration['model'] ?? '';
      const provider = providerOf(providers, model);
      if (!provider) return { kind: 'notRecorded', message: `no provider serves the model ${model}` };
      const startedMs = performance.now();
      const answer = await ask(options, request, provider);
      const usage = usageOf(request, provider, answer, performance.now() - startedMs);
      if (answer.kind === 'failed') {
        return { kind: 'failed', status: answer.status, message: answer.message, usage };
      }
      return { kind: 'answered', content: answer.content, quality: null, usage };
    },
  };
}

type Asked =
  | {
      readonly kind: 'answered';
      readonly content: string;
      readonly inputTokens: number;
      readonly outputTokens: number;
      readonly fingerprint: string | null;
    }
  | { readonly kind: 'failed'; readonly status: number; readonly message: string };

async function ask(
  { url, timeoutMs }: PortkeyOptions,
  request: UpstreamRequest,
  provider: Provider,
): Promise<Asked> {
  try {
    const response = await fetch(`${url.replace(/\/+$/u, '')}/v1/chat/completions`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-portkey-config': portkeyConfig(request.configuration, provider),
        'x-portkey-trace-id': request.requestId,
        ...(request.chosen && {
          'x-optimizer-arm': request.chosen.arm,
          'x-optimizer-generation': String(request.chosen.generation),
          ...(request.chosen.experiment !== undefined && {
            'x-optimizer-experiment': request.chosen.experiment,
          }),
        }),
      },
      body: JSON.stringify({ messages: messagesOf(request), ...overrideParams(request.configuration) }),
      signal: AbortSignal.timeout(timeoutMs ?? DEFAULT_TIMEOUT_MS),
    });
    return read(response.status, await response.text());
  } catch (error) {
    const timedOut = error instanceof Error && error.name === 'TimeoutError';
    const why = error instanceof Error ? error.message : String(error);
    return {
      kind: 'failed',
      status: timedOut ? GATEWAY_TIMEOUT : BAD_GATEWAY,
      message: timedOut ? 'Portkey did not answer in time' : `Portkey cannot be reached: ${why}`,
    };
  }
}

function read(status: number, text: string): Asked {
  if (status >= 400) return { kind: 'failed', status, message: text.slice(0, SHOWN_TEXT) };
  const parsed = answerSchema.safeParse(parsedJson(text));
  if (!parsed.success) {
    return {
      kind: 'failed',
      status: BAD_GATEWAY,
      message: `not a chat completion: ${text.slice(0, SHOWN_TEXT)}`,
    };
  }
  const { choices, usage } = parsed.data;
  return {
    kind: 'answered',
    content: choices[0]?.message.content ?? '',
    inputTokens: usage?.prompt_tokens ?? 0,
    outputTokens: usage?.completion_tokens ?? 0,
    fingerprint: parsed.data.system_fingerprint ?? null,
  };
}

/** The service's system prompt stands in place of what the request brought. */
function messagesOf({ configuration, messages }: UpstreamRequest): UpstreamRequest['messages'] {
  const prompt = configuration['system_prompt'];
  if (prompt === undefined) return messages;
  return [{ role: 'system', content: prompt }, ...messages.filter(({ role }) => role !== 'system')];
}

function usageOf(
  { configuration, metadata }: UpstreamRequest,
  { provider, usdPerMtok }: Provider,
  answer: Asked,
  latencyMs: number,
): Usage {
  const { inputTokens, outputTokens, fingerprint } =
    answer.kind === 'answered' ? answer : { inputTokens: 0, outputTokens: 0, fingerprint: null };
  return {
    model: configuration['model'] ?? '',
    system: provider,
    taskType: metadata['task_type'] ?? 'unknown',
    costUsd: (inputTokens * usdPerMtok.input + outputTokens * usdPerMtok.output) / TOKENS_PER_MTOK,
    latencyMs,
    inputTokens,
    outputTokens,
    // A failure says nothing of what would have answered, and must not look like a change of it.
    ...(answer.kind === 'answered' && {
      provider: { ...(fingerprint !== null && { fingerprint }), priceUsdPerMtok: usdPerMtok },
    }),
  };
}

function modelProblems(providers: readonly Provider[], configuration: Configuration): readonly Problem[] {
  const model = configuration['model'] ?? '';
  if (providerOf(providers, model)) return [];
  const known = providers.flatMap(({ models }) => models).join(', ');
  return [{ field: 'model', value: model, expected: `a model that a provider serves: ${known}` }];
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
