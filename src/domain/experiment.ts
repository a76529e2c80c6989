/**
 * An experiment as a person types it, and the names that its parts go by. `abExperiment` validates it with its first activity; nothing
 * here decides what is tried or how it ends.
 */
import { z } from 'zod';
import { armIdSchema } from './arm-id.ts';
import { changeSchema } from './change.ts';
import { durationSchema } from './duration.ts';
import { ALLOCATIONS, type AllocationKind } from './experiment-settings.ts';
import { serviceIdSchema } from './service-settings.ts';

export { ALLOCATIONS, type AllocationKind };

const who = z.string({ error: 'who asks' }).min(1, { error: 'who asks' }).max(200);
const why = z.string({ error: 'a reason' }).min(1, { error: 'a reason' }).max(2_000);
const share = z.number().min(0, { error: '0 to 1' }).max(1, { error: '0 to 1' });
const positive = z.number({ error: 'a number' }).positive({ error: 'more than 0' });
const pct = z.number().min(0, { error: '0 to 100 (per cent)' }).max(100, { error: '0 to 100 (per cent)' });

/** `anytime` may be looked at all the time; `fixedHorizon` is judged once, at its planned size; `bayesian` reports a posterior and decides by it. */
export const ANALYSES = ['anytime', 'fixedHorizon', 'bayesian'] as const;
export type AnalysisKind = (typeof ANALYSES)[number];

/** What is to get better: the share or mean of good answers, or the cost of a request (quality is then a guardrail). */
export const PRIMARIES = ['quality', 'cost'] as const;
export type PrimaryKind = (typeof PRIMARIES)[number];

const variantSchema = z.strictObject({
  id: armIdSchema,
  /** What the variant changes of the stable configuration. Left out by the control alone. */
  change: changeSchema.optional(),
});

/** `abExperiment`: everything but service, name and variants has a default from the service's settings. */
export const experimentInputSchema = z.strictObject({
  serviceId: serviceIdSchema,
  name: z.string({ error: 'a name' }).regex(/^[a-z0-9][a-z0-9-]{0,62}$/u, {
    error: 'lower-case letters, digits and hyphens, 1 to 63 of them',
  }),
  hypothesis: z.string().max(2_000).optional(),
  /** The control, which changes nothing, and 1 to 9 that do. A control that nobody names is added as `control`. */
  variants: z.array(variantSchema).min(1, { error: 'at least one variant' }).max(10, { error: 'at most 10' }),
  primary: z.enum(PRIMARIES, { error: PRIMARIES.join(' or ') }).optional(),
  analysis: z.enum(ANALYSES, { error: ANALYSES.join(', ') }).optional(),
  allocation: z.enum(ALLOCATIONS, { error: ALLOCATIONS.join(', ') }).optional(),
  /** Share of each arm, by id; they sum to 1. */
  weights: z.record(armIdSchema, share).optional(),
  floor: share.optional(),
  /** The most that a variant may ever have, by id, when others are put out: of `elimination` alone. */
  caps: z.record(armIdSchema, share).optional(),
  /** Per cent of units that are in no arm: they are served as ever and compared with nothing. */
  holdoutPct: pct.optional(),
  /** Per cents of units in the experiment, rising, each for `rampEvery`; the last one stays. */
  ramp: z.array(pct).min(1).optional(),
  rampEvery: durationSchema.optional(),
  /** Testers: units that are always given the arm, and never counted. */
  forced: z.record(z.string().min(1).max(200), armIdSchema).optional(),
  /** Ends the experiment when the units given to arms other than the best have lost this much. */
  budget: z.strictObject({ usd: positive.optional(), regret: positive.optional() }).optional(),
  alpha: positive.max(0.5, { error: 'at most 0.5' }).optional(),
  power: positive.max(0.999, { error: 'at most 0.999' }).optional(),
  minImprovementPct: positive.optional(),
  minCostReductionPct: positive.optional(),
  minSamples: z.int().min(1, { error: '1 or more' }).optional(),
  maxDuration: durationSchema.optional(),
  look: durationSchema.optional(),
  /** Before it starts, before its winner is rolled out, or both. */
  approval: z.enum(['none', 'beforeStart', 'beforeGraduation', 'both']).optional(),
  /** Whether a winner is rolled out (unless said otherwise), or only recommended. */
  graduate: z.boolean().optional(),
  by: who.optional(),
  reason: why.optional(),
  /** Start although the longest duration cannot reach the size that is needed. Recorded. */
  force: z.boolean().optional(),
  onConflict: z.enum(['refuse', 'supersede'], { error: 'refuse or supersede' }).optional(),
});
export type ExperimentInput = z.output<typeof experimentInputSchema>;
