/**
 * The shapes of the data plane: the part of OpenAI's chat completions API that the gateway takes and gives.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { UpstreamAnswer } from './upstream.ts';

/** `model` is the service id, as the route. Other parameters of the API are taken and left to the service's configuration. */
export const chatRequestSchema = z.object({
  model: z.string({ error: 'the id of a service' }).min(1, { error: 'the id of a service' }),
  messages: z
    .array(z.object({ role: z.string(), content: z.unknown() }), { error: 'a list of messages' })
    .min(1, { error: 'at least one message' }),
  user: z.string().optional(),
  metadata: z.record(z.string(), z.string({ error: 'a string' })).optional(),
  stream: z.literal(false, { error: 'false: answers are not streamed' }).optional(),
});

/** The `x-request-id` header when it is usable as an id (1 to 200 characters), else a new one. */
export function requestIdOf(header: string | readonly string[] | undefined): string {
  const given = typeof header === 'string' ? header : undefined;
  return given !== undefined && given !== '' && given.length <= 200 ? given : randomUUID();
}

const REGION = /^[\w.-]{1,63}$/u;

/** `metadata.region` when it is a name such as `eu-central-1`; otherwise nothing: no request is refused for it. */
export function regionOf({ region = '' }: Readonly<Record<string, string>>): { readonly region?: string } {
  return REGION.test(region) ? { region } : {};
}

export function completionBody(
  requestId: string,
  answer: UpstreamAnswer & { kind: 'answered' },
  nowMs: number,
): Record<string, unknown> {
  const { usage } = answer;
  return {
    id: `chatcmpl-${requestId}`,
    object: 'chat.completion',
    created: Math.floor(nowMs / 1000),
    model: usage.model,
    choices: [{ index: 0, message: { role: 'assistant', content: answer.content }, finish_reason: 'stop' }],
    usage: {
      prompt_tokens: usage.inputTokens,
      completion_tokens: usage.outputTokens,
      total_tokens: usage.inputTokens + usage.outputTokens,
    },
  };
}
