/** Where a service's gateway is and how it is spoken to. Travels in workflow state: plain JSON, no secrets. */
import { z } from 'zod';

export const DRIVERS = ['rest', 'grpc', 'file'] as const;
export type Driver = (typeof DRIVERS)[number];

export interface GatewayTarget {
  readonly driver: Driver;
  readonly url: string;
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

/** `orchestrator` of the service settings. The address must be one that the driver can speak to. */
export const orchestratorSchema = z
  .strictObject({
    driver: z.enum(DRIVERS).default('rest'),
    url: z.string({ error: 'an address' }),
    route: z.string().min(1).optional(),
    unleased: z.literal('accepted').optional(),
  })
  .superRefine(({ driver, url }, context) => {
    if (URL.canParse(url) && PROTOCOLS[driver].test(new URL(url).protocol)) return;
    context.addIssue({ code: 'custom', path: ['url'], input: url, message: EXPECTED[driver] });
  });
