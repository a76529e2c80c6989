/**
 * Which provider answers for which model, at what price. Keys stay in the environment: the file names the variable, and
 * nothing of it ends up in a configuration, a history or a log.
 */
import { z } from 'zod';
import { invalidInput, type Problem } from '../../domain/failure.ts';
import { parseOrFail } from '../../domain/validate.ts';

const usd = z.number({ error: 'US dollars per million tokens' }).min(0, { error: '0 or more' });

const providerSchema = z.strictObject({
  /** Exact names; a name that ends in `*` stands for all that begin so. */
  models: z.array(z.string().min(1)).min(1, { error: 'at least one model' }),
  /** Portkey's name of the provider, such as `openai`. */
  provider: z.string().min(1),
  /** Environment variable with the provider's key; left out where none is needed. */
  apiKeyEnv: z.string().min(1).optional(),
  /** Base address in place of the provider's own. */
  customHost: z.url().optional(),
  usdPerMtok: z.strictObject({ input: usd, output: usd }),
});

const providersSchema = z.strictObject({ providers: z.array(providerSchema).min(1) });

/** A provider with its key. */
export interface Provider {
  readonly models: readonly string[];
  readonly provider: string;
  readonly apiKey: string | null;
  readonly customHost: string | null;
  readonly usdPerMtok: { readonly input: number; readonly output: number };
}

/**
 * Reads the parsed file.
 * @throws Failure InvalidInput that lists every problem by field, variables that are not set included
 */
export function readProviders(
  value: unknown,
  env: Readonly<Record<string, string | undefined>>,
): readonly Provider[] {
  const { providers } = parseOrFail(providersSchema, value, 'providers');
  const problems: Problem[] = providers.flatMap(({ apiKeyEnv }, i) =>
    apiKeyEnv !== undefined && (env[apiKeyEnv] ?? '') === ''
      ? [{ field: `providers[${i}].apiKeyEnv`, value: apiKeyEnv, expected: 'a variable that is set' }]
      : [],
  );
  if (problems.length > 0) throw invalidInput('providers', problems);
  return providers.map(({ models, provider, apiKeyEnv, customHost, usdPerMtok }) => ({
    models,
    provider,
    apiKey: apiKeyEnv === undefined ? null : (env[apiKeyEnv] ?? null),
    customHost: customHost ?? null,
    usdPerMtok,
  }));
}

/** The provider of a model: an exact name first, then the longest beginning; undefined when nobody serves it. */
export function providerOf(providers: readonly Provider[], model: string): Provider | undefined {
  const fits = (name: string): number => {
    if (name === model) return Infinity;
    return name.endsWith('*') && model.startsWith(name.slice(0, -1)) ? name.length : 0;
  };
  const best = (provider: Provider): number => Math.max(...provider.models.map(fits));
  return providers
    .filter((provider) => best(provider) > 0)
    .reduce<Provider | undefined>(
      (found, provider) => (found && best(found) >= best(provider) ? found : provider),
      undefined,
    );
}
