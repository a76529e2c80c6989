/**
 * A change as a person types it, and what it makes of a configuration.
 */
import { z } from 'zod';
import type { Problem } from './failure.ts';
import type { SupportingTarget } from './gateway-target.ts';
import type { Configuration } from './orchestrator-wire.ts';

/** What a configuration holds are texts; a number or a truth value may be typed as it is. */
const settingSchema = z.union([z.string(), z.number(), z.boolean()], {
  error: 'a text, a number, true or false',
});

const penalty = z.number().min(-2, { error: '-2 to 2' }).max(2, { error: '-2 to 2' });

/** What a change may set. At least one of them; everything else stays as it is. */
export const changeSchema = z
  .strictObject({
    model: z.string().min(1).optional(),
    systemPrompt: z.string().optional(),
    temperature: z.number().min(0).max(2, { error: '0 to 2' }).optional(),
    topP: z.number().gt(0).max(1, { error: 'more than 0, at most 1' }).optional(),
    topK: z.int().positive({ error: 'a whole number above 0' }).optional(),
    maxTokens: z.int().positive({ error: 'a whole number above 0' }).optional(),
    frequencyPenalty: penalty.optional(),
    presencePenalty: penalty.optional(),
    /** Keys of the configuration that a target of the service owns, such as `cacheTtlSeconds`. */
    settings: z
      .record(z.string().min(1), settingSchema)
      .refine((settings) => Object.keys(settings).length > 0, { error: 'at least one key' })
      .optional(),
  })
  .refine((change) => Object.values(change).some((value) => value !== undefined), {
    error:
      'at least one of model, systemPrompt, temperature, topP, topK, maxTokens, frequencyPenalty, presencePenalty, settings',
  });
export type Change = z.output<typeof changeSchema>;

/** What a setting of a change is called in a configuration. */
export const WIRE_KEYS = {
  model: 'model',
  systemPrompt: 'system_prompt',
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  maxTokens: 'max_tokens',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
} as const satisfies Record<Exclude<keyof Change, 'settings'>, string>;

/** The configuration after the change. Keys that the change does not name are kept, also those we do not know. */
export function applyChange(configuration: Configuration, change: Change): Configuration {
  const next: Record<string, string> = { ...configuration };
  for (const [key, wireKey] of Object.entries(WIRE_KEYS)) {
    const value = change[key as keyof typeof WIRE_KEYS];
    if (value !== undefined) next[wireKey] = String(value);
  }
  for (const [key, value] of Object.entries(change.settings ?? {})) next[key] = String(value);
  return next;
}

/** Keys under `settings` that no target of the service owns, or that a change names otherwise. */
export function problemsOfSettings(
  change: Change,
  targets: readonly Pick<SupportingTarget, 'name' | 'keys'>[],
): readonly Problem[] {
  const named = new Map<string, string>(Object.entries(WIRE_KEYS).map(([key, wireKey]) => [wireKey, key]));
  const free = targets.flatMap(({ name, keys }) =>
    keys.filter((key) => !named.has(key)).map((key) => ({ key, shown: `${key} (${name})` })),
  );
  return Object.entries(change.settings ?? {}).flatMap(([key, value]) => {
    const field = `change.settings.${key}`;
    const otherwise = named.get(key);
    if (otherwise !== undefined) return [{ field, value, expected: `it as change.${otherwise}` }];
    if (free.some((each) => each.key === key)) return [];
    const known = free.map(({ shown }) => shown).join(', ');
    const expected =
      known === ''
        ? 'no such key: no target of this service owns any'
        : `a key that a target of this service owns: ${known}`;
    return [{ field, value, expected }];
  });
}

/** Whether two configurations say the same, whatever the order of their keys. */
export function sameConfiguration(a: Configuration, b: Configuration): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
