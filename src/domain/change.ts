/**
 * A change as a person types it, and what it makes of a configuration.
 */
import { z } from 'zod';
import type { Configuration } from './orchestrator-wire.ts';

/** What a change may set. At least one of them; everything else stays as it is. */
export const changeSchema = z
  .strictObject({
    model: z.string().min(1).optional(),
    systemPrompt: z.string().optional(),
    temperature: z.number().min(0).max(2, { error: '0 to 2' }).optional(),
    topP: z.number().gt(0).max(1, { error: 'more than 0, at most 1' }).optional(),
    maxTokens: z.int().positive({ error: 'a whole number above 0' }).optional(),
  })
  .refine((change) => Object.values(change).some((value) => value !== undefined), {
    error: 'at least one of model, systemPrompt, temperature, topP, maxTokens',
  });
export type Change = z.output<typeof changeSchema>;

const WIRE_KEYS = {
  model: 'model',
  systemPrompt: 'system_prompt',
  temperature: 'temperature',
  topP: 'top_p',
  maxTokens: 'max_tokens',
} as const satisfies Record<keyof Change, string>;

/** The configuration after the change. Keys that the change does not name are kept, also those we do not know. */
export function applyChange(configuration: Configuration, change: Change): Configuration {
  const next: Record<string, string> = { ...configuration };
  for (const [key, wireKey] of Object.entries(WIRE_KEYS)) {
    const value = change[key as keyof Change];
    if (value !== undefined) next[wireKey] = String(value);
  }
  return next;
}

/** Whether two configurations say the same, whatever the order of their keys. */
export function sameConfiguration(a: Configuration, b: Configuration): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
