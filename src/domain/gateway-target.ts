/** Where a service's gateway is and how it is spoken to. Travels in workflow state: plain JSON, no secrets. */
import { z } from 'zod';

export const DRIVERS = ['rest', 'grpc', 'file'] as const;
export type Driver = (typeof DRIVERS)[number];

export interface GatewayTarget {
  readonly driver: Driver;
  readonly url: string;
  /** Supporting targets in the order in which a change is applied; the route comes after them. Left out: there are none. */
  readonly also?: readonly SupportingTarget[];
}

/** A further system that owns some keys of the configuration: `supporting-target.ts`. */
export interface SupportingTarget extends Omit<GatewayTarget, 'also'> {
  readonly name: string;
  readonly keys: readonly string[];
}

const PROTOCOLS: Readonly<Record<Driver, RegExp>> = {
  rest: /^https?:$/u,
  grpc: /^grpcs?:$/u,
  file: /^file:$/u,
};
const EXPECTED: Readonly<Record<Driver, string>> = {
  rest: 'an http or https URL',
  grpc: 'grpc://host:port, or grpcs:// for TLS',
  file: 'file:///folder, where one file per service goes',
};

/** A driver, its address, and `more` keys. The address must be one that the driver can speak to. */
export function addressedSchema<S extends z.ZodRawShape>(more: S) {
  return z
    .strictObject({
      driver: z.enum(DRIVERS).default('rest'),
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

/** `orchestrator` of the service settings. */
export const orchestratorSchema = addressedSchema({
  route: z.string().min(1).optional(),
  unleased: z.literal('accepted').optional(),
});
