/**
 * Settings of one service: the YAML of `services/<id>.yaml` and the body of `PUT /v1/services/{id}`, with every default.
 * Unknown keys are errors. Percentages end in `Pct` (0..100), money in `Usd`; durations are strings such as `15m`.
 */
import { z } from 'zod';
import { FEEDBACK_METRIC, OTLP_METRICS, type DryRunMetric } from './dry-run.ts';
import { durationMs, durationSchema } from './duration.ts';
import { experimentSettingsSchema } from './experiment-settings.ts';
import { freezeSchema } from './freeze.ts';
import { orchestratorSchema } from './gateway-target.ts';
import { notifySchema } from './notice.ts';
import { unitSchema } from './orchestrator-wire.ts';
import { ASKED_STRATEGIES } from './strategy.ts';
import { targetsSchema } from './supporting-target.ts';
import { parameterRangesSchema, promptsSchema, tuningSchema } from './tuning-settings.ts';

/** What a cycle may change: the model, by what is on record; prompt and parameters, by experiments. */
const STRATEGIES = ['modelSelection', 'promptOptimization', 'parameterTuning'] as const;

const positive = z.number({ error: 'a number' }).positive({ error: 'more than 0' });
const share = z.number().min(0, { error: '0 to 1' }).max(1, { error: '0 to 1' });
const pct = z.number().min(0, { error: '0 to 100 (per cent)' }).max(100, { error: '0 to 100 (per cent)' });

export const serviceIdSchema = z
  .string({ error: 'a service id' })
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/u, { error: 'lower-case letters, digits and hyphens, 1 to 63 of them' });

/** Per cents that rise strictly and end at 100, such as [5, 25, 50, 100]. */
export const stepsSchema = z
  .array(
    pct.refine((value) => value > 0, { error: 'more than 0 per cent' }),
    { error: 'a list of per cents' },
  )
  .min(1, { error: 'at least one step' })
  .superRefine((steps, context) => {
    steps.forEach((step, i) => {
      const before = steps[i - 1];
      if (before !== undefined && step <= before) {
        context.addIssue({
          code: 'custom',
          path: [i],
          input: step,
          message: `more than ${before} (steps rise)`,
        });
      }
    });
    const last = steps.at(-1);
    if (last !== undefined && last !== 100) {
      context.addIssue({
        code: 'custom',
        path: [steps.length - 1],
        input: last,
        message: '100 as the last step',
      });
    }
  });

const OBJECTIVE_PRESETS = {
  balanced: { quality: 0.5, cost: 0.3, latency: 0.2 },
  quality: { quality: 0.8, cost: 0.15, latency: 0.05 },
  cost: { quality: 0.4, cost: 0.5, latency: 0.1 },
  latency: { quality: 0.4, cost: 0.3, latency: 0.3 },
} as const;

const objectivesSchema = z
  .union([
    z.enum(['balanced', 'quality', 'cost', 'latency']).transform((name) => OBJECTIVE_PRESETS[name]),
    z.strictObject({ quality: share, cost: share, latency: share }),
  ])
  .refine((o) => Math.abs(o.quality + o.cost + o.latency - 1) < 1e-9, { error: 'weights that sum to 1' });

/** `{maxDropPct}` and `{maxRisePct}` are relative to the stable arm, `{maxRisePoints}` are absolute points of a rate. */
const guardrailsSchema = z.strictObject({
  quality: z.strictObject({ maxDropPct: pct.default(5), required: z.boolean().default(true) }).prefault({}),
  errorRate: z
    .strictObject({ maxRisePoints: pct.default(1), required: z.boolean().default(true) })
    .prefault({}),
  latencyP95: z
    .strictObject({ maxRisePct: positive.default(20), required: z.boolean().default(true) })
    .prefault({}),
  cost: z
    .strictObject({ maxRisePct: positive.default(10), required: z.boolean().default(false) })
    .prefault({}),
});

const METRIC_NAME = `a name under "metrics" of a feedback event (a-z, 0-9 and _), ${OTLP_METRICS.join(' or ')}`;
/** `quality` and `error` are columns of their own in every event. */
const isMetricName = (name: string): boolean =>
  OTLP_METRICS.includes(name) || (FEEDBACK_METRIC.test(name) && name !== 'quality' && name !== 'error');

/**
 * `strategy: shadow` copies `copyPct` of the requests before the first step, until `minPairs` or more prove the candidate, at most
 * `maxCopies`. `quality`: as feedback grades both sides, or as the gateway's judge prefers one.
 */
const shadowSchema = z.strictObject({
  copyPct: pct.refine((value) => value > 0, { error: 'more than 0 per cent' }).default(20),
  minPairs: z.int().min(1, { error: '1 or more' }).default(200),
  maxCopies: z.int().min(1, { error: '1 or more' }).optional(),
  quality: z.enum(['graded', 'judged']).default('graded'),
});

export const serviceSettingsSchema = z.strictObject({
  serviceId: serviceIdSchema,
  mode: z.enum(['off', 'recommend', 'auto']).default('recommend'),
  orchestrator: orchestratorSchema,
  /** Further systems that own keys of the configuration. */
  targets: targetsSchema.default([]),
  unit: unitSchema.default('request'),
  quality: z
    .strictObject({
      source: z.enum(['feedback']).default('feedback'),
      name: z.string().min(1).default('task_completed'),
      samplePct: pct.default(100),
      matureAfter: durationSchema.default('30m'),
    })
    .prefault({}),
  metrics: z
    .array(
      z.strictObject({
        name: z.string({ error: 'a name' }).refine(isMetricName, { error: METRIC_NAME }),
        kind: z.enum(['binary', 'bounded', 'positive']),
        direction: z.enum(['increase', 'decrease']),
        /** What is not the quality is shown and never gates: there is no other way yet. */
        dryRun: z.literal(true, { error: 'true: such a metric is shown and never gates' }).optional(),
      }),
    )
    .refine((metrics) => new Set(metrics.map(({ name }) => name)).size === metrics.length, {
      error: 'each name once',
    })
    .default([{ name: 'task_completed', kind: 'binary', direction: 'increase' }]),
  objectives: objectivesSchema.default(OBJECTIVE_PRESETS.balanced),
  constraints: z
    .strictObject({
      maxCostPerRequestUsd: positive.optional(),
      maxLatencyP95Ms: positive.optional(),
      minQuality: share.optional(),
      maxErrorRate: share.optional(),
      dailyBudgetUsd: positive.optional(),
      monthlyBudgetUsd: positive.optional(),
      maxTotalQualityLossPct: pct.default(1),
    })
    .prefault({}),
  candidates: z
    .strictObject({
      providers: z.array(z.string().min(1)).optional(),
      models: z.array(z.string().min(1)).default([]),
      backup: z.string().min(1).optional(),
      /** Ranges [least, greatest] in which parameters are tuned; what is left out stays as it is. */
      parameters: parameterRangesSchema.default({}),
      prompts: promptsSchema.default([]),
    })
    .prefault({}),
  strategies: z
    .array(z.enum(STRATEGIES, { error: STRATEGIES.join(', ') }))
    .refine((given) => new Set(given).size === given.length, { error: 'each strategy once' })
    .default(['modelSelection']),
  tuning: tuningSchema.prefault({}),
  guardrails: guardrailsSchema.prefault({}),
  change: z
    .strictObject({
      maxPerDay: z.int().min(0).default(5),
      minSpacing: durationSchema.default('30m'),
      /** A configuration that was taken back is not tried again by itself for this long. */
      retryAfter: durationSchema.default('7d'),
      approval: z.enum(['none', 'beforeStart', 'perStep', 'beforeLast']).default('none'),
      approvalTimeout: durationSchema.default('24h'),
      onApprovalTimeout: z.enum(['reject', 'hold']).default('reject'),
      freeze: freezeSchema.default([]),
    })
    .prefault({}),
  cycle: z
    .strictObject({ every: durationSchema.default('15m'), minLabels: z.int().min(1).default(200) })
    .prefault({}),
  rollout: z
    .strictObject({
      strategy: z.enum(ASKED_STRATEGIES).default('canary'),
      shadow: shadowSchema.prefault({}),
      /** Of `canary`: the other strategies have one step of their own. */
      steps: stepsSchema.default([5, 25, 50, 100]),
      soak: durationSchema.default('15m'),
      minSamples: z.int().min(1).default(200),
      look: durationSchema.default('1m'),
      block: durationSchema.default('1m'),
      lease: durationSchema.default('10m'),
      /** A gateway that does not serve a new weight within this time has not done it. */
      convergeWithin: durationSchema.default('5m'),
      maxRollout: durationSchema.default('7d'),
      onInconclusive: z.enum(['hold', 'extend', 'rollback']).default('hold'),
      /** How many soaks longer `extend` waits at a step. */
      extensions: z.int().min(1).default(3),
      watch: durationSchema.default('24h'),
      /** A change without a step below 100 % may rest on a healthy shadow of that very pair that is not older than this. */
      shadowEvidenceFor: durationSchema.default('7d'),
    })
    .superRefine(checkRolloutTimes)
    .prefault({}),
  notify: notifySchema.default([]),
  experiment: experimentSettingsSchema.prefault({}),
});

export type ServiceSettings = z.output<typeof serviceSettingsSchema>;
export type ServiceSettingsInput = z.input<typeof serviceSettingsSchema>;

/** The metrics that are shown and never gate: all but the one that `quality` names. */
export function dryRunMetrics({ metrics, quality }: ServiceSettings): readonly DryRunMetric[] {
  return metrics
    .filter(({ name }) => name !== quality.name)
    .map(({ name, kind, direction }) => ({ name, kind, direction }));
}

/** A lease lasts at least three looks, so that one lost tick never takes a healthy canary away; blocks divide minutes. */
function checkRolloutTimes(
  rollout: { look: string; block: string; lease: string; soak: string },
  context: z.RefinementCtx,
): void {
  const [lookMs, blockMs, leaseMs] = [rollout.look, rollout.block, rollout.lease].map(durationMs);
  if (lookMs === undefined || blockMs === undefined || leaseMs === undefined) return;
  const fail = (field: string, value: string, message: string) =>
    context.addIssue({ code: 'custom', path: [field], input: value, message });
  if (lookMs < 1_000) fail('look', rollout.look, 'at least 1s');
  if (leaseMs < 3 * lookMs) fail('lease', rollout.lease, `at least three looks (3 x ${rollout.look})`);
  if (blockMs < 1_000 || blockMs > 60_000 || 60_000 % blockMs !== 0) {
    fail('block', rollout.block, 'a divisor of one minute, 1s to 1m');
  }
}
