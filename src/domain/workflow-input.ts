/**
 * Workflow inputs as a person types them. Validated by the first activity of each workflow, never in workflow code.
 */
import { z } from 'zod';
import { changeSchema } from './change.ts';
import { durationSchema } from './duration.ts';
import { serviceIdSchema, stepsSchema } from './service-settings.ts';
import { ASKED_STRATEGIES } from './strategy.ts';

const who = z.string({ error: 'who asks' }).min(1, { error: 'who asks' }).max(200);
const why = z.string({ error: 'a reason' }).min(1, { error: 'a reason' }).max(2_000);

/** `canaryRollout`: everything but service and change has a default from the service's settings. */
export const rolloutInputSchema = z.strictObject({
  serviceId: serviceIdSchema,
  change: changeSchema,
  strategy: z.enum(ASKED_STRATEGIES, { error: ASKED_STRATEGIES.join(', ') }).optional(),
  steps: stepsSchema.optional(),
  soak: durationSchema.optional(),
  minSamples: z.int().min(1, { error: '1 or more' }).optional(),
  /** A shadow, and no live per cent after it. */
  shadowOnly: z.boolean().optional(),
  by: who.optional(),
  reason: why.optional(),
  /** Start although the plan says that the evidence needs longer than `maxRollout`, or rests on none. Recorded. */
  force: z.boolean().optional(),
  /** What to do when another change holds the service: refuse (unless said otherwise), or have it taken back first. */
  onConflict: z.enum(['refuse', 'supersede'], { error: 'refuse or supersede' }).optional(),
});
export type RolloutInput = z.output<typeof rolloutInputSchema>;

/** `optimizationCycle`. */
export const cycleInputSchema = z.strictObject({
  serviceId: serviceIdSchema,
  trigger: z.enum(['schedule', 'threshold', 'event', 'onDemand']).default('onDemand'),
  by: who.optional(),
});
export type CycleInput = z.output<typeof cycleInputSchema>;

/**
 * `restoreConfiguration`: `previous` is the configuration before the latest change: the stable one while a change is
 * being tried, the one before the stable one otherwise. A generation number names any recorded configuration.
 */
export const restoreInputSchema = z.strictObject({
  serviceId: serviceIdSchema,
  to: z.union([z.enum(['previous', 'stable']), z.int().min(1)], {
    error: '"previous", "stable" or a generation number',
  }),
  /** Whether what is replaced was found wanting: `previous` and the cycles leave it alone then. Unless said: true of `previous` only. */
  takesBack: z.boolean({ error: 'true or false' }).optional(),
  by: who,
  reason: why,
});
export type RestoreInput = z.output<typeof restoreInputSchema>;
