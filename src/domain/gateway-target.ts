/** Where a service's gateway is and how it is spoken to. Travels in workflow state: plain JSON, no secrets. */
import { z } from 'zod';

export const DRIVERS = ['rest', 'grpc', 'file', 'litellm', 'litellm-file', 'mlflow'] as const;
export type Driver = (typeof DRIVERS)[number];

export interface GatewayTarget {
  readonly driver: Driver;
  readonly url: string;
  /** What the product calls the service: LiteLLM's model_name, MLflow's endpoint. Left out: the service's id. */
  readonly route?: string | undefined;
  /** `litellm-file`: path of LiteLLM's configuration file. */
  readonly config?: string | undefined;
  /** Address of the watchdog that keeps the leases of a product without any. Left out: none, or the gateway keeps them. */
  readonly watchdog?: string | undefined;
  /** Supporting targets in the order in which a change is applied; the route comes after them. Left out: there are none. */
  readonly also?: readonly SupportingTarget[];
}

/** A further system that owns some keys of the configuration: `supporting-target.ts`. */
export interface SupportingTarget extends Pick<GatewayTarget, 'driver' | 'url'> {
  readonly name: string;
  readonly keys: readonly string[];
}

const PROTOCOLS: Readonly<Record<Driver, RegExp>> = {
  rest: /^https?:$/u,
  grpc: /^grpcs?:$/u,
  file: /^file:$/u,
  litellm: /^https?:$/u,
  'litellm-file': /^https?:$/u,
  mlflow: /^https?:$/u,
};
const EXPECTED: Readonly<Record<Driver, string>> = {
  rest: 'an http or https URL',
  grpc: 'grpc://host:port, or grpcs:// for TLS',
  file: 'file:///folder, where one file per service goes',
  litellm: 'an http or https URL',
  'litellm-file': 'an http or https URL',
  mlflow: 'an http or https URL',
};

/** A driver, its address, and `more` keys. The address must be one that the driver can speak to. */
export function addressedSchema<S extends z.ZodRawShape>(more: S, drivers: readonly Driver[] = DRIVERS) {
  return z
    .strictObject({
      driver: z.enum(drivers).default('rest'),
      url: z.string({ error: 'an address' }),
      ...more,
    })
    .superRefine((given, context) => {
      const { driver, url } = addressSchema.parse(given);
      if (URL.canParse(url) && PROTOCOLS[driver].test(new URL(url).protocol)) return;
      context.addIssue({ code: 'custom', path: ['url'], input: url, message: EXPECTED[driver] });
    });
}

const addressSchema = z.object({ driver: z.enum(DRIVERS), url: z.string() });

/** Those whose gateways end a candidate by themselves when its lease has run out. */
export const LEASING_DRIVERS: readonly Driver[] = ['rest', 'grpc', 'file'];

/** `orchestrator` of the service settings. */
export const orchestratorSchema = addressedSchema({
  route: z.string().min(1).optional(),
  config: z.string().startsWith('/', { error: 'an absolute path' }).optional(),
  watchdog: z.url({ protocol: /^https?$/u, error: 'an http or https URL' }).optional(),
  unleased: z.literal('accepted').optional(),
}).superRefine(({ driver, config }, context) => {
  const problem = (message: string) =>
    context.addIssue({ code: 'custom', path: ['config'], input: config, message });
  if (driver === 'litellm-file' && config === undefined) problem("the path of LiteLLM's configuration file");
  if (driver !== 'litellm-file' && config !== undefined) problem('driver litellm-file');
});

/** What of the settings travels with a change. `watchdog` only where it is relied on: `leasedBy` says whether. */
export function targetOf(
  { driver, url, route, config, watchdog }: Omit<GatewayTarget, 'also'>,
  leasedBy: 'gateway' | 'watchdog' | 'unleased' = 'gateway',
): GatewayTarget {
  return {
    driver,
    url,
    ...(route !== undefined && { route }),
    ...(config !== undefined && { config }),
    ...(leasedBy === 'watchdog' && watchdog !== undefined && { watchdog }),
  };
}
