/**
 * The REST configuration contract of an orchestrator (gateway), as it goes over the wire. The reference gateway
 * serves it and the REST driver speaks it; both validate with these schemas.
 *
 * Fencing: a write carries `(generation, revision)` and is accepted only when that pair is greater than the live
 * one; an equal pair with equal content answers as before; anything else is 409 with the current pair.
 */
import { z } from 'zod';
import { armIdSchema } from './arm-id.ts';

/** What a service is configured with: flat strings, such as `{model, temperature, max_tokens, system_prompt}`. */
export const configurationSchema = z
  .record(z.string().min(1), z.string())
  .refine((configuration) => (configuration['model'] ?? '') !== '', {
    error: 'a configuration that names a model',
  });
export type Configuration = Readonly<Record<string, string>>;

const pct = z.number().min(0, { error: '0 to 100 (per cent)' }).max(100, { error: '0 to 100 (per cent)' });
const counter = z.int({ error: 'a whole number' }).min(0, { error: '0 or more' });

export const UNITS = ['request', 'session', 'user'] as const;
export const unitSchema = z.enum(UNITS);
export type Unit = z.infer<typeof unitSchema>;

/** The control and nine that change something. */
const MOST_ARMS = 10;

/**
 * An experiment as it goes over the wire, in `deployment.experiment` of a write with the strategy `EXPERIMENT` and in what is live. Units are
 * assigned by two positions (`src/contract/experiment-assignment.ts`): the first one says whether a unit takes part (below `exposed_pct`), the
 * second one which arm it gets: arms cover [0, 1) in order, each as wide as its weight. Weights sum to 1; the first arm is the control.
 * `forced` gives single units (testers) an arm, outside of any count.
 */
export const experimentArmSchema = z.strictObject({
  id: armIdSchema,
  weight: z.number().min(0).max(1, { error: '0 to 1' }),
  configuration: configurationSchema,
});
export const experimentDeploymentSchema = z.strictObject({
  /** Goes into a header of each answer, so it is printable ASCII without blanks. */
  id: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/u, { error: 'printable ASCII without blanks, 1 to 200 characters' }),
  salt: z.string().min(1).max(200),
  exposed_pct: pct,
  arms: z
    .array(experimentArmSchema)
    .min(2, { error: 'at least two arms: the control and what is tried' })
    .max(MOST_ARMS, { error: `at most ${MOST_ARMS} arms` }),
  forced: z.record(z.string().min(1).max(200), armIdSchema).optional(),
});
export type ExperimentDeployment = Readonly<z.infer<typeof experimentDeploymentSchema>>;

/**
 * How the configuration is deployed. `CANARY` serves it to `initial_percentage` of the units beside the stable one,
 * `IMMEDIATE` makes it the stable one at once. `progression` (rising per cents) lets the gateway raise the weight by
 * itself every `progression_interval_minutes`; `rollback_on_error_rate` (0..1) takes the candidate away when its own
 * error rate over the last minute exceeds it. The optimizer leaves both out: it drives the steps itself. `SHADOW` gives the
 * candidate copies of `initial_percentage` of the requests; everybody is answered by the stable configuration.
 *
 * `EXPERIMENT` serves the arms of `experiment` beside the stable configuration, in place of any candidate, under a lease. The write's
 * `configuration` is the control's, and both equal what is stable; `initial_percentage` is 0, since `exposed_pct` says who takes part.
 * The same experiment again with other weights replaces it; a rollback and every other strategy end it.
 */
export const deploymentSchema = z.strictObject({
  strategy: z.enum(['IMMEDIATE', 'CANARY', 'BLUE_GREEN', 'SHADOW', 'EXPERIMENT']),
  initial_percentage: pct,
  progression: z.array(pct).optional(),
  progression_interval_minutes: z.number().positive({ error: 'more than 0 minutes' }).optional(),
  rollback_on_error_rate: z.number().min(0).max(1, { error: '0 to 1' }).optional(),
  experiment: experimentDeploymentSchema.optional(),
});

const fence = {
  generation: counter,
  revision: counter,
  idempotency_key: z.string().min(1).max(200),
};

/** Body of `POST /api/v1/configurations` and `PUT /api/v1/configurations/{service_id}`. `unit` is set at creation. */
export const configurationWriteSchema = z.strictObject({
  service_id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/u, {
    error: 'lower-case letters, digits and hyphens, 1 to 63 of them',
  }),
  configuration: configurationSchema,
  deployment: deploymentSchema,
  unit: unitSchema.optional(),
  lease_seconds: z.number().positive({ error: 'more than 0 seconds' }).optional(),
  ...fence,
});
export type ConfigurationWrite = z.infer<typeof configurationWriteSchema>;

/** Body of `POST /api/v1/configurations/{service_id}/rollback`: the candidate goes, the stable configuration stays. */
export const rollbackWriteSchema = z.strictObject({ ...fence, reason: z.string().optional() });
export type RollbackWrite = z.infer<typeof rollbackWriteSchema>;

/** Body of `DELETE /api/v1/configurations/{service_id}`. */
export const deleteWriteSchema = z.strictObject(fence);

/** Body of `POST /api/v1/configurations/{service_id}/validate`. */
export const validateRequestSchema = z.strictObject({ configuration: z.record(z.string(), z.string()) });
export const validateResponseSchema = z.object({
  valid: z.boolean(),
  problems: z.array(z.object({ field: z.string(), value: z.unknown(), expected: z.string() })),
});

const versionSchema = z.object({ configuration: configurationSchema, generation: counter, hash: z.string() });

/**
 * Answer of `GET` and of every write: what is live now. `weight_pct` is the candidate's share of units; `copy_pct` is there while
 * it is a shadow: the share of requests that are copied, and `weight_pct` is then 0. `lease_expires_at`
 * (ms since the epoch) is null without a lease; when it passes, the gateway is back on `stable` by itself and
 * `last_change` says so.
 */
export const liveConfigurationSchema = z.object({
  service_id: z.string(),
  unit: unitSchema,
  generation: counter,
  revision: counter,
  stable: versionSchema,
  candidate: versionSchema.nullable(),
  weight_pct: pct,
  copy_pct: pct.optional(),
  /** While an experiment runs. `candidate` is null and `weight_pct` is 0 then; it ends with the lease. */
  experiment: experimentDeploymentSchema.extend({ generation: counter }).nullable().optional(),
  strategy: deploymentSchema.shape.strategy,
  lease_expires_at: z.number().nullable(),
  last_change: z.object({
    kind: z.enum(['created', 'applied', 'rolledBack', 'leaseExpired', 'progressed', 'errorRateExceeded']),
    at: z.number(),
  }),
});
export type LiveConfiguration = z.infer<typeof liveConfigurationSchema>;
export type LiveExperiment = Readonly<NonNullable<LiveConfiguration['experiment']>>;

/** Body of an error answer. 409 carries the current pair. */
export const orchestratorErrorSchema = z.object({
  error: z.object({
    type: z.string(),
    message: z.string(),
    problems: z.array(z.object({ field: z.string(), value: z.unknown(), expected: z.string() })).optional(),
    generation: z.number().optional(),
    revision: z.number().optional(),
  }),
});
