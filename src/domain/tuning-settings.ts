/**
 * What a service lets the optimizer try by itself in prompts and parameters: part of the service's settings. It chooses nothing.
 */
import { z } from 'zod';
import { boundsInWords, isWithin, PARAMETERS, type ParameterBounds } from './parameter.ts';
import { TASK_TYPES, TUNING_MODES } from './task-type.ts';

/** A range [least, greatest] inside what a change may set. */
const rangeOf = (bounds: ParameterBounds) => {
  const expected = boundsInWords(bounds);
  return z
    .tuple(
      [
        z.number({ error: `a number, ${expected}` }).refine((x) => isWithin(x, bounds), { error: expected }),
        z.number({ error: `a number, ${expected}` }).refine((x) => isWithin(x, bounds), { error: expected }),
      ],
      { error: `two numbers, the least and the greatest: ${expected}` },
    )
    .refine(([low, high]) => low <= high, { error: 'the least first, then the greatest' });
};

/** `candidates.parameters`: only what is named is tuned. */
export const parameterRangesSchema = z.strictObject({
  temperature: rangeOf(PARAMETERS.temperature).optional(),
  topP: rangeOf(PARAMETERS.topP).optional(),
  topK: rangeOf(PARAMETERS.topK).optional(),
  maxTokens: rangeOf(PARAMETERS.maxTokens).optional(),
  frequencyPenalty: rangeOf(PARAMETERS.frequencyPenalty).optional(),
  presencePenalty: rangeOf(PARAMETERS.presencePenalty).optional(),
});

/** Longest text of a prompt or an example that is taken, in characters. */
export const LONGEST_PROMPT = 100_000;

/** `candidates.prompts`: prompts that somebody wrote; they are tried before generated ones. */
export const promptsSchema = z
  .array(z.string({ error: 'the text of a prompt' }).min(1, { error: 'some text' }).max(LONGEST_PROMPT))
  .refine((prompts) => new Set(prompts).size === prompts.length, { error: 'each prompt once' });

const exampleText = z.string({ error: 'a text' }).min(1, { error: 'some text' }).max(10_000);

export const tuningSchema = z.strictObject({
  /** What helped services of this kind is tried first. */
  taskType: z.enum(TASK_TYPES, { error: TASK_TYPES.join(', ') }).default('general'),
  mode: z.enum(TUNING_MODES, { error: TUNING_MODES.join(', ') }).default('balanced'),
  /** Most of the traffic, in per cent, that a setting gets which nobody has tried. */
  untriedPct: z
    .number()
    .positive({ error: 'more than 0' })
    .max(50, { error: 'at most 50 (per cent)' })
    .default(5),
  /** Requests with good answers, for prompts with examples. */
  examples: z
    .array(z.strictObject({ input: exampleText, output: exampleText }))
    .max(20)
    .default([]),
  /** A model over an OpenAI-compatible API that rewrites prompts, beside the built-in ways. Its key is LLM_OPTIMIZER_PROMPTS_API_KEY. */
  generator: z
    .strictObject({
      url: z.url({ error: 'a URL such as https://api.openai.com/v1', protocol: /^https?$/u }),
      model: z.string().min(1),
    })
    .optional(),
});
