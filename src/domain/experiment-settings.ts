/** What a service says of its experiments: defaults of everything that the input of `abExperiment` leaves out. It tries nothing. */
import { z } from 'zod';
import { durationMs, durationSchema } from './duration.ts';

/**
 * How traffic is shared among the arms. `fixed`: by `weights`, equal when left out. `thompson` and `t3c` move it to the arms that earn
 * more; they minimise regret, and promise no power. `floor` (0..1) is the least share that each arm keeps under those two. `elimination`: by
 * `weights`, until a variant is proven worse than the control; that one gets nothing from then on.
 */
export const ALLOCATIONS = ['fixed', 'thompson', 't3c', 'elimination'] as const;
export type AllocationKind = (typeof ALLOCATIONS)[number];

/** A lease that is lost to one slow renewal would end every experiment. */
const SHORTEST_LEASE_MS = 10_000;
const SHORTEST_LOOK_MS = 1_000;

const pct = z.number().min(0, { error: '0 to 100 (per cent)' }).max(100, { error: '0 to 100 (per cent)' });
const probability = z
  .number({ error: 'a number' })
  .gt(0, { error: 'more than 0, less than 1' })
  .lt(1, { error: 'more than 0, less than 1' });
const atLeast = (leastMs: number, expected: string) =>
  durationSchema.refine((text) => durationMs(text) >= leastMs, { error: expected });

export const experimentSettingsSchema = z.strictObject({
  alpha: probability.max(0.5, { error: 'at most 0.5' }).default(0.05),
  power: probability.default(0.8),
  minImprovementPct: pct.default(5),
  minCostReductionPct: pct.default(10),
  minSamples: z.int().min(1, { error: '1 or more' }).default(1_000),
  maxDuration: durationSchema.default('7d'),
  look: atLeast(SHORTEST_LOOK_MS, 'at least 1s between two looks').default('15m'),
  lease: atLeast(SHORTEST_LEASE_MS, 'at least 10s').default('20m'),
  allocation: z.enum(ALLOCATIONS).default('fixed'),
  floor: z.number().min(0, { error: '0 to 0.5' }).max(0.5, { error: '0 to 0.5' }).default(0.05),
  holdoutPct: pct.default(0),
});
