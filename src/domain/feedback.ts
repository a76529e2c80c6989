/**
 * The feedback CloudEvent: what became of one request. Emitted by a gateway, read by ingest.
 */
import { z } from 'zod';
import { armIdSchema } from './arm-id.ts';
import { FEEDBACK_METRIC } from './dry-run.ts';
import { ARMS } from './window.ts';

export const FEEDBACK_EVENT_TYPE = 'com.llmdevops.observatory.feedback.v1';

/** Of a service's own in one event. */
const MOST_METRICS = 20;

const nonNegative = z.number({ error: 'a finite number' }).min(0, { error: '0 or more' });

/** What answered, as far as it can be told: an experiment never pools over a change of it. */
const providerSchema = z.strictObject({
  /** What the provider calls the version of the model that ran, such as `fp_44709d6fcb`. */
  fingerprint: z.string().min(1).max(200).optional(),
  /** The list price, USD for a million tokens. */
  price_usd_per_mtok: z.strictObject({ input: nonNegative, output: nonNegative }).optional(),
  latency_class: z.string().min(1).max(63).optional(),
});

/**
 * `data` of the event. `timestamp` is the exposure: when the request was answered for by its arm (RFC 3339).
 * `quality` is 0..1, or null while nobody has judged the answer; `error` says the request failed (its quality is then null or 0).
 * `arm` is `stable` or `candidate`, or an arm of `experiment`, and `generation` is then the experiment's. A unit outside of an experiment is
 * `stable` as ever, without one.
 */
export const feedbackDataSchema = z
  .strictObject({
    type: z.literal('model_response'),
    id: z.string().min(1).max(200),
    timestamp: z.iso.datetime({ offset: true, error: 'an RFC 3339 time' }),
    request_id: z.string().min(1).max(200),
    service: z.string().min(1).max(63),
    arm: z.union([z.enum(ARMS), armIdSchema], {
      error: 'stable, candidate, or the id of an arm (lower-case letters, digits and hyphens)',
    }),
    experiment: z.string().min(1).max(200).optional(),
    generation: z.int().min(0),
    unit: z.strictObject({ kind: z.enum(['request', 'session', 'user']), id: z.string().min(1).max(200) }),
    model: z.string().min(1),
    task_type: z.string().min(1).max(63),
    quality: z.number().min(0, { error: '0 to 1' }).max(1, { error: '0 to 1' }).nullable(),
    error: z.boolean(),
    cost_usd: nonNegative,
    latency_ms: nonNegative,
    region: z.string().min(1).max(63).optional(),
    provider: providerSchema.optional(),
    input_tokens: nonNegative,
    output_tokens: nonNegative,
    /** Further numbers by name; those that the service's settings list are kept in windows and shown, none gates. */
    metrics: z
      .record(
        z.string().regex(FEEDBACK_METRIC, { error: 'a name such as groundedness: a-z, 0-9 and _' }),
        z.number({ error: 'a finite number' }),
      )
      .refine((metrics) => Object.keys(metrics).length <= MOST_METRICS, {
        error: `at most ${MOST_METRICS} metrics`,
      })
      .optional(),
  })
  .refine(({ arm, experiment }) => (experiment !== undefined) === !isArmOfChange(arm), {
    path: ['experiment'],
    error: 'the id of the experiment with an arm of one, and none with stable or candidate',
  });
export type FeedbackData = z.infer<typeof feedbackDataSchema>;

function isArmOfChange(arm: string): boolean {
  return ARMS.some((each) => each === arm);
}
