/**
 * The feedback CloudEvent: what became of one request. Emitted by a gateway, read by ingest.
 */
import { z } from 'zod';
import { FEEDBACK_METRIC } from './dry-run.ts';
import { ARMS } from './window.ts';

export const FEEDBACK_EVENT_TYPE = 'com.llmdevops.observatory.feedback.v1';

/** Of a service's own in one event. */
const MOST_METRICS = 20;

const nonNegative = z.number({ error: 'a finite number' }).min(0, { error: '0 or more' });

/**
 * `data` of the event. `timestamp` is the exposure: when the request was answered for by its arm (RFC 3339).
 * `quality` is 0..1, or null while nobody has judged the answer; `error` says the request failed (its quality is then null or 0).
 */
export const feedbackDataSchema = z.strictObject({
  type: z.literal('model_response'),
  id: z.string().min(1).max(200),
  timestamp: z.iso.datetime({ offset: true, error: 'an RFC 3339 time' }),
  request_id: z.string().min(1).max(200),
  service: z.string().min(1).max(63),
  arm: z.enum(ARMS),
  generation: z.int().min(0),
  unit: z.strictObject({ kind: z.enum(['request', 'session', 'user']), id: z.string().min(1).max(200) }),
  model: z.string().min(1),
  task_type: z.string().min(1).max(63),
  quality: z.number().min(0, { error: '0 to 1' }).max(1, { error: '0 to 1' }).nullable(),
  error: z.boolean(),
  cost_usd: nonNegative,
  latency_ms: nonNegative,
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
});
export type FeedbackData = z.infer<typeof feedbackDataSchema>;
