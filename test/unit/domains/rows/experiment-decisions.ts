/** Domains of the decisions about experiments: `src/decision/experiments`. */
import * as fc from 'fast-check';
import {
  concludeExperiment,
  designOf,
  exploreSegments,
  judgeLook,
  planSizing,
  type SizingInput,
} from '../../../../src/decision/index.ts';
import {
  arm,
  period,
  pieces,
  planOf,
  qualityGuardrail,
  startOf,
} from '../../decision/experiments/support.ts';
import { domainRow, notAbove, notBetween, notFinite, notFrom, notWholeFrom, type DomainRow } from '../row.ts';

const plan = planOf();
const state = startOf(plan);
const one = period(1, { control: arm(100, 70), concise: arm(100, 75) });
const judged = judgeLook({ plan, state, windows: [one], weights: one.weights, expired: true });
const past = {
  n: 10,
  missing: 0,
  sumX: 5,
  sumY: 5,
  sumXX: 5,
  sumXY: 4,
  sumYY: 5,
  missingSumY: 0,
  missingSumYY: 0,
};
const sizing: SizingInput = {
  primary: 'quality',
  analysis: 'anytime',
  arms: ['control', 'concise'],
  weights: { control: 0.5, concise: 0.5 },
  baseline: {
    quality: { mean: 0.7 },
    errorRate: 0.01,
    costUsd: { mean: 0.002, sd: 0.002 },
    labelsPerHour: 10,
    unitsPerHour: 10,
  },
  minImprovementPct: 5,
  minCostReductionPct: 10,
  guardrails: [qualityGuardrail],
  ramp: { exposedPct: [100], everyMs: 0 },
  alpha: 0.05,
  power: 0.8,
  minSamples: 100,
  matureAfterMs: 0,
  maxDurationMs: 1e9,
};
const { window } = one;
const counts = { n: 50, sum: 20, sumOfSquares: 20 };
const segmentOf = (over: object) => [
  { segment: 'math', arms: { control: counts, concise: { ...counts, ...over } } },
];

export const rows: DomainRow[] = [
  domainRow({
    name: 'planSizing',
    call: (input) => planSizing(input),
    good: { ...sizing, primary: 'cost' as const },
    bad: {
      arms: fc.constantFrom<unknown>([], ['control']),
      weights: notAbove(0).map((control) => ({ ...sizing.weights, control })),
      baseline: fc.oneof(
        notBetween(0, 1, 'open').map((mean) => ({ ...sizing.baseline, quality: { mean } })),
        notAbove(0).map((sd) => ({ ...sizing.baseline, quality: { mean: 0.5, sd } })),
        notAbove(0).map((mean) => ({ ...sizing.baseline, costUsd: { mean, sd: 1 } })),
        notAbove(0).map((sd) => ({ ...sizing.baseline, costUsd: { mean: 1, sd } })),
        notBetween(0, 1).map((errorRate) => ({ ...sizing.baseline, errorRate })),
        notFrom(0).map((labelsPerHour) => ({ ...sizing.baseline, labelsPerHour })),
        notFrom(0).map((unitsPerHour) => ({ ...sizing.baseline, unitsPerHour })),
      ),
      minImprovementPct: notAbove(0),
      minCostReductionPct: notBetween(0, 100, 'open'),
      guardrails: notBetween(0, 100, 'open').map((pct) => [
        { ...qualityGuardrail, margin: { kind: 'relative', pct } },
      ]),
      ramp: fc.oneof(
        fc.constant({ exposedPct: [], everyMs: 0 }),
        notBetween(0, 100).map((pct) => ({ exposedPct: [pct], everyMs: 0 })),
        notAbove(0).map((everyMs) => ({ exposedPct: [10, 100], everyMs })),
      ),
      alpha: notBetween(0, 1, 'open'),
      power: notBetween(0.05, 1, 'open'),
      minSamples: notWholeFrom(1),
      matureAfterMs: notFrom(0),
      maxDurationMs: notAbove(0),
    },
  }),
  domainRow({
    name: 'designOf',
    call: (input) => designOf(input),
    good: { ...pieces({ alpha: 0.05, primary: 'cost' }) },
    bad: {
      allocation: fc.constantFrom<unknown>('thompson', 't3c'),
      alpha: notBetween(1e-9, 0.5, 'open').filter((alpha) => alpha !== 1e-9),
      nFixPerArm: notAbove(0),
      capPerArm: notAbove(0),
      guardrails: notAbove(0).map((pct) => [{ ...qualityGuardrail, margin: { kind: 'relative', pct } }]),
    },
  }),
  domainRow({
    name: 'judgeLook',
    call: ({ windows }) =>
      judgeLook({ plan, state: { ...state, foldedToMs: 10 }, windows, weights: one.weights }),
    good: { windows: [{ ...one, window: { ...window, fromMs: 10 } }] },
    bad: {
      windows: fc.oneof(
        fc.constant([{ ...one, window: { ...window, fromMs: 5 } }]),
        fc.constantFrom(Number.NaN, Infinity).map((toMs) => [{ ...one, window: { ...window, toMs } }]),
      ),
    },
  }),
  domainRow({
    name: 'concludeExperiment',
    call: ({ n }) =>
      concludeExperiment({
        plan,
        ...judged,
        expired: true,
        prePeriod: { control: { ...past, n }, concise: past },
      }),
    good: { n: 10 },
    bad: { n: notWholeFrom(0) },
  }),
  domainRow({
    name: 'exploreSegments',
    call: ({ segments, control, falseDiscoveryRate }) =>
      exploreSegments(segments, { control, falseDiscoveryRate }),
    good: { segments: segmentOf({}), control: 'control', falseDiscoveryRate: 0.05 },
    bad: {
      segments: fc.oneof(
        notWholeFrom(0).map((n) => segmentOf({ n })),
        notFinite.map((sum) => segmentOf({ sum })),
        notFrom(0).map((sumOfSquares) => segmentOf({ sumOfSquares })),
      ),
      control: fc.constantFrom<unknown>('', null, 3),
      falseDiscoveryRate: notBetween(0, 1, 'open'),
    },
  }),
];
