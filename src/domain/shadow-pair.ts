/**
 * The pair CloudEvent: what became of one request under the stable configuration, which answered it, and under a shadow's candidate,
 * which got a copy. Emitted by a gateway, read by ingest.
 */
import { z } from 'zod';

export const PAIR_EVENT_TYPE = 'com.llmdevops.optimizer.shadow.pair.v1';

const nonNegative = z.number({ error: 'a finite number' }).min(0, { error: '0 or more' });

const sideSchema = z.strictObject({
  model: z.string().min(1),
  quality: z.number().min(0, { error: '0 to 1' }).max(1, { error: '0 to 1' }).nullable(),
  error: z.boolean(),
  latency_ms: nonNegative,
  cost_usd: nonNegative,
});

/** What a judge preferred when it read the answers in this order. */
export const JUDGED_ORDERS = ['stableFirst', 'candidateFirst'] as const;
const judgedSchema = z.strictObject({
  order: z.enum(JUDGED_ORDERS),
  preferred: z.enum(['stable', 'candidate', 'tie']),
});
export type JudgedOrder = z.infer<typeof judgedSchema>;

/** Both orders, each once. */
const judgeSchema = z
  .array(judgedSchema)
  .refine((judged) => judged.length === 2 && judged[0]?.order !== judged[1]?.order, {
    error: 'two answers, one for each order',
  });

/**
 * `data` of the event. `timestamp` is when both sides were known (RFC 3339); `generation` is the candidate's. A quality of null was not
 * judged; a side with `error` failed, or did not answer in time.
 */
export const pairDataSchema = z.strictObject({
  type: z.literal('shadow_pair'),
  id: z.string().min(1).max(200),
  timestamp: z.iso.datetime({ offset: true, error: 'an RFC 3339 time' }),
  request_id: z.string().min(1).max(200),
  service: z.string().min(1).max(63),
  generation: z.int().min(0),
  unit: z.strictObject({ kind: z.enum(['request', 'session', 'user']), id: z.string().min(1).max(200) }),
  task_type: z.string().min(1).max(63),
  stable: sideSchema,
  candidate: sideSchema,
  judge: judgeSchema.optional(),
});
export type PairData = z.infer<typeof pairDataSchema>;
