/**
 * Further systems that own some keys of a service's configuration: a cache, a limiter, a prompt registry. Says which part of a
 * configuration goes where; what is written when is decided elsewhere. Pure.
 *
 * The route (`orchestrator`) owns every key that no other target names. Each supporting target is also told the `model`: the
 * configuration contract asks for one everywhere, and a cache or a limiter is kept by model anyway.
 */
import { z } from 'zod';
import {
  addressedSchema,
  LEASING_DRIVERS,
  targetOf,
  type GatewayTarget,
  type SupportingTarget,
} from './gateway-target.ts';
import type { Configuration } from './orchestrator-wire.ts';

/** Name of the route where targets are listed by name. */
export const ROUTE = 'route';

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/u;
/** A dot is kept for marking what a target serves and should not: `cache.model`. */
const KEY = /^[A-Za-z_][A-Za-z0-9_-]{0,62}$/u;

const supportingTargetSchema = addressedSchema(
  {
    name: z
      .string({ error: 'a name' })
      .regex(NAME, { error: 'lower-case letters, digits and hyphens, 1 to 63 of them' })
      .refine((name) => name !== ROUTE, { error: `another name than "${ROUTE}": that is the orchestrator` }),
    keys: z
      .array(
        z
          .string({ error: 'a key of the configuration' })
          .regex(KEY, { error: 'a key such as cacheTtlSeconds: letters, digits, - and _' })
          .refine((key) => key !== 'model', { error: 'another key than "model": the orchestrator owns it' }),
        { error: 'a list of keys' },
      )
      .min(1, { error: 'at least one key' }),
  },
  LEASING_DRIVERS,
);

/** `targets` of the service settings, in the order in which a change is applied to them. */
export const targetsSchema = z.array(supportingTargetSchema).superRefine((targets, context) => {
  const names = new Set<string>();
  const owners = new Map<string, string>();
  targets.forEach(({ name, keys }, i) => {
    const fail = (path: readonly (string | number)[], input: string, message: string) =>
      context.addIssue({ code: 'custom', path: [i, ...path], input, message });
    if (names.has(name)) fail(['name'], name, 'a name that no other target has');
    names.add(name);
    keys.forEach((key, k) => {
      const owner = owners.get(key);
      if (owner !== undefined) fail(['keys', k], key, `a key that no other target owns, ${owner} has it`);
      owners.set(key, name);
    });
  });
});

/** Where a service's configuration is written: its route, and beside it the targets that its settings name. */
export function gatewayTargetOf(
  settings: { readonly orchestrator: GatewayTarget; readonly targets?: readonly SupportingTarget[] },
  leasedBy?: 'gateway' | 'watchdog' | 'unleased',
): GatewayTarget {
  const also = (settings.targets ?? []).map((target) => ({
    name: target.name,
    driver: target.driver,
    url: target.url,
    keys: target.keys,
  }));
  return { ...targetOf(settings.orchestrator, leasedBy), ...(also.length > 0 && { also }) };
}

/** What a supporting target serves of a configuration: the model, and those of its own keys that are set. */
export function supportingPart(
  configuration: Configuration,
  { keys }: Pick<SupportingTarget, 'keys'>,
): Configuration {
  return only(configuration, (key) => key === 'model' || keys.includes(key));
}

/** What the route serves of a configuration: every key that no supporting target owns. */
export function routePart(
  configuration: Configuration,
  also: readonly Pick<SupportingTarget, 'keys'>[],
): Configuration {
  return only(configuration, (key) => also.every(({ keys }) => !keys.includes(key)));
}

function only(configuration: Configuration, wanted: (key: string) => boolean): Configuration {
  return Object.fromEntries(Object.entries(configuration).filter(([key]) => wanted(key)));
}
