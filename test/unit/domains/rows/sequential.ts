/** Domains of the experiment engine: designs, blocks, states. */
import * as fc from 'fast-check';
import {
  beginPhase,
  emptyRunningInterval,
  foldExperimentBlock,
  judgeExperiment,
  lookAtMeans,
  metricBlockOfValues,
  metricBlockOfWindow,
  nextExperimentBets,
  startExperiment,
  type ExperimentBlock,
  type MetricMargin,
  type Moments,
} from '../../../../src/analysis/index.ts';
import { emptyStats } from '../../../../src/math/index.ts';
import {
  domainRow,
  notAbove,
  notBetween,
  notFinite,
  notFrom,
  notWholeFrom,
  withOneNotFinite,
  type DomainRow,
} from '../row.ts';

const word = fc.constantFrom<unknown>('', 'other', null, 1);
const wrongShape = fc.constantFrom<unknown>(null, 'abc', 3, []);

const quality = { id: 'quality', kind: 'proportion', direction: 'increase' } as const;
const cost = { id: 'cost', kind: 'mean', direction: 'decrease', scale: { kind: 'raw' } } as const;
const slow = { id: 'slow', kind: 'tail', direction: 'decrease', frozen: 900 } as const;
const badMetric = fc.oneof(
  wrongShape,
  word.map((id) => ({ ...quality, id: id === 'other' ? '' : id })),
  word.map((kind) => ({ ...quality, kind })),
  word.map((direction) => ({ ...quality, direction })),
  fc
    .oneof(
      wrongShape,
      word.map((kind) => ({ kind })),
    )
    .map((scale) => ({ ...cost, scale })),
  notAbove(0).map((cap) => ({ ...cost, scale: { kind: 'winsorised', cap } })),
  notAbove(0).map((frozen) => ({ ...slow, frozen })),
);
const badMargin = fc.oneof(
  wrongShape,
  word.map((kind) => ({ kind, pct: 5 })),
  notAbove(0).map((pct) => ({ kind: 'relative', pct })),
  notBetween(0, 1, 'open').map((amount) => ({ kind: 'absolute', amount })),
);
const FIVE_PER_CENT: MetricMargin = { kind: 'relative', pct: 5 };
const guardrail = { metric: slow, margin: { kind: 'relative', pct: 20 }, required: true } as const;
const badGuardrails = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    'abc',
    3,
    [null],
    [guardrail, guardrail],
    [{ ...guardrail, metric: quality }],
  ),
  badMetric.map((metric) => [{ ...guardrail, metric }]),
  badMargin.map((margin) => [{ ...guardrail, metric: { ...quality, id: 'other' }, margin }]),
);

const started = startExperiment({
  control: 'a',
  variants: ['b'],
  primary: quality,
  nFixPerArm: 1000,
  guardrails: [guardrail, { ...guardrail, metric: cost }],
});
const counts = { kind: 'proportion', n: 40, successes: 12 } as const;
const tail = { kind: 'tail', n: 40, above: 4, aboveWidened: 2 } as const;
const spend = { kind: 'mean', n: 40, sum: 80, sumOfSquares: 200 } as const;
const arm = { quality: counts, slow: tail, cost: spend };
const block: ExperimentBlock = { no: 1, stage: 0, weights: { a: 1, b: 1 }, arms: { a: arm, b: arm } };
const withArm = (over: object) => ({ ...block, arms: { a: arm, b: { ...arm, ...over } } });
const badBlock = fc.oneof(
  fc.oneof(notFinite, fc.constant(0.5)).map((no) => ({ ...block, no })),
  fc.oneof(notFinite, fc.constant(0.5)).map((stage) => ({ ...block, stage })),
  wrongShape.map((weights) => ({ ...block, weights })),
  notAbove(0).map((b) => ({ ...block, weights: { a: 1, b } })),
  fc.constantFrom<unknown>({ ...block, weights: { a: 1 } }, { ...block, weights: { a: 1, b: 1, z: 1 } }),
  wrongShape.map((exposures) => ({ ...block, exposures })),
  notFrom(0).map((b) => ({ ...block, exposures: { a: 1, b } })),
  wrongShape.map((arms) => ({ ...block, arms })),
  wrongShape.map((b) => ({ ...block, arms: { a: arm, b } })),
  fc
    .oneof(
      wrongShape,
      word.map((kind) => ({ ...counts, kind })),
    )
    .map((found) => withArm({ quality: found })),
  notWholeFrom(12).map((n) => withArm({ quality: { ...counts, n } })),
  notBetween(0, 40.1).map((successes) => withArm({ quality: { ...counts, successes } })),
  notBetween(2, 40.1).map((above) => withArm({ slow: { ...tail, above } })),
  notBetween(0, 4.1).map((aboveWidened) => withArm({ slow: { ...tail, aboveWidened } })),
  notFinite.map((sum) => withArm({ cost: { ...spend, sum } })),
  notFrom(159).map((sumOfSquares) => withArm({ cost: { ...spend, sumOfSquares } })),
  fc.constant({ ...block, bets: { afterBlockNo: 7, logGrowth: {} } }),
);
const otherVersion = fc.constantFrom<unknown>(0, 1, null, '1').map((version) => ({ ...started, version }));

const moments: Moments = { n: 300, mean: 5, m2: 60 };
const badMoments = fc.oneof(
  notFinite.map((mean) => ({ ...moments, mean })),
  notFrom(0).map((m2) => ({ ...moments, m2 })),
);

export const rows: DomainRow[] = [
  domainRow({
    name: 'startExperiment',
    call: (design) => startExperiment(design),
    good: {
      control: 'a',
      variants: ['b', 'c'],
      primary: quality,
      alternative: 'better' as const,
      guardrails: [guardrail],
      alpha: 0.05,
      harmAlpha: 0.02,
      nFixPerArm: 1251,
      capPerArm: 2815,
      nOpt: 2502,
      stages: 3,
    },
    bad: {
      control: fc.constantFrom<unknown>('', null, 1),
      variants: fc.constantFrom<unknown>([], ['a'], ['b', 'b'], [''], [1], null, 'abc'),
      primary: badMetric,
      alternative: word,
      guardrails: badGuardrails,
      alpha: notBetween(0, 0.5, 'open'),
      harmAlpha: notBetween(0, 1, 'open'),
      nFixPerArm: notAbove(0),
      capPerArm: notAbove(0),
      nOpt: notFrom(1),
      stages: notWholeFrom(1),
    },
  }),
  domainRow({
    name: 'foldExperimentBlock',
    call: ({ state, block: one }) => foldExperimentBlock(state, one),
    good: { state: started, block },
    bad: { state: otherVersion, block: badBlock },
  }),
  domainRow({
    name: 'beginPhase',
    call: ({ state }) => beginPhase(state),
    good: { state: started },
    bad: { state: otherVersion },
  }),
  domainRow({
    name: 'judgeExperiment',
    call: ({ state, expired }) => judgeExperiment(state, { expired }),
    good: { state: started, expired: false },
    bad: { state: otherVersion, expired: fc.constantFrom<unknown>('yes', 1, null) },
  }),
  domainRow({
    name: 'nextExperimentBets',
    call: ({ state, weights, stage }) => nextExperimentBets(state, { weights, stage }),
    good: { state: started, weights: { a: 1, b: 1 }, stage: 0 },
    bad: {
      state: otherVersion,
      weights: fc.oneof(
        wrongShape,
        notAbove(0).map((b) => ({ a: 1, b })),
        fc.constant({ z: 1 }),
      ),
      stage: fc.oneof(notFinite, fc.constant(0.5)),
    },
  }),
  domainRow({
    name: 'metricBlockOfValues',
    call: ({ metric, values, margin }) => metricBlockOfValues(metric, values, margin),
    good: { metric: quality, values: [0, 1, 1], margin: FIVE_PER_CENT },
    bad: {
      metric: badMetric,
      values: fc.oneof(
        withOneNotFinite([0, 1]),
        notBetween(0, 1).map((value) => [value]),
        fc.constantFrom<unknown>(null, 3),
      ),
      margin: badMargin.filter((margin) => margin !== null),
    },
  }),
  domainRow({
    name: 'metricBlockOfWindow',
    call: ({ metric, stats, margin }) => metricBlockOfWindow(metric, stats, margin),
    good: {
      metric: quality,
      stats: emptyStats({ withSketch: false }),
      margin: FIVE_PER_CENT,
    },
    bad: {
      metric: fc.oneof(badMetric, fc.constant({ ...cost, scale: { kind: 'log' } })),
      stats: fc.oneof(
        notWholeFrom(0).map((count) => ({ ...emptyStats({ withSketch: false }), count })),
        notFinite.map((sum) => ({ ...emptyStats({ withSketch: false }), sum })),
      ),
      margin: badMargin.filter((margin) => margin !== null),
    },
  }),
  domainRow({
    name: 'lookAtMeans',
    call: ({ before, a, b, alpha, nOpt, burnIn }) => lookAtMeans(before, a, b, { alpha, nOpt }, burnIn),
    good: { before: emptyRunningInterval(), a: moments, b: moments, alpha: 0.05, nOpt: 2000, burnIn: 100 },
    bad: {
      before: fc.constant({ ...emptyRunningInterval(), logP: Number.NaN }),
      a: badMoments,
      b: badMoments,
      alpha: notBetween(0, 0.5, 'open'),
      nOpt: notFrom(1),
      burnIn: notWholeFrom(2),
    },
  }),
];
