/** The metric CloudEvent of an observatory: one value, or what an aggregation of many says. Unknown keys are kept and not read. */
import { z } from 'zod';
import { armIdSchema } from './arm-id.ts';
import { ARMS, METRICS } from './window.ts';

export const METRIC_EVENT_TYPE = 'com.llmdevops.observatory.metric.v1';

const finite = z.number({ error: 'a finite number' });
const name = (longest: number) =>
  z
    .string({ error: 'a text' })
    .min(1, { error: 'a text that is not empty' })
    .max(longest, { error: `at most ${longest} characters` });

/** Windows under these names hold what feedback says: a gate reads them, and no unit of measure is left open there. */
const OF_FEEDBACK: ReadonlySet<string> = new Set(METRICS);
export const isOfFeedback = (metric: string): boolean => OF_FEEDBACK.has(metric);
export const OTHER_THAN_FEEDBACK = `another name than ${METRICS.join(', ')}, which feedback writes`;

const isVariant = (arm: string | undefined): boolean =>
  arm !== undefined && !ARMS.some((each) => each === arm);

const aggregationSchema = z
  .object({
    type: z.string().max(63).optional(),
    count: z.int({ error: 'a whole number' }).min(1, { error: '1 or more' }),
    sum: finite,
    min: finite.optional(),
    max: finite.optional(),
    p50: finite.optional(),
    p95: finite.optional(),
    p99: finite.optional(),
  })
  .refine(({ min, max }) => min === undefined || max === undefined || min <= max, {
    error: 'min at most max',
  });

/** `data` of the event. `value` is one observation, unless `aggregation` says what many were. */
export const metricDataSchema = z.object({
  metric_name: name(255).refine((text) => !isOfFeedback(text), { error: OTHER_THAN_FEEDBACK }),
  value: finite,
  unit: z.string().max(63).optional(),
  attributes: z
    .object({
      service: name(63),
      model: z.string().max(200).optional(),
      /** Any other arm than `stable` and `candidate` is one of an experiment, which `variant` names as well. */
      arm: z
        .union([z.enum(ARMS), armIdSchema], { error: 'stable, candidate or an arm of an experiment' })
        .optional(),
      experiment: name(63).optional(),
      variant: armIdSchema.optional(),
      generation: z.int().min(0, { error: '0 or more' }).optional(),
      task_type: name(63).optional(),
    })
    .refine(({ arm, variant, experiment }) => experiment !== undefined || !isVariant(arm ?? variant), {
      error: 'an experiment, beside an arm or a variant of it',
    }),
  aggregation: aggregationSchema.optional(),
});
export type MetricData = z.infer<typeof metricDataSchema>;
