/**
 * The rollout ladder of statistics.md 1.6 and 6.3b: quality .81, 10 requests a second judged every minute, steps 5, 25, 50.
 * A candidate 10 % worse must not pass the 25 % step, an equal one must not be rolled back and must be promoted in time. Beside it two rules that
 * people use, on draws of the same kind: p < .05 at each look, and "not harmful so far" (ours without the proof).
 */
import type { GuardrailSpec } from '../../../src/domain/guardrail.ts';
import type { WindowStats } from '../../../src/domain/window.ts';
import { randomFromSeed } from '../../../src/math/index.ts';
import { notHarmful, ours, significantlyWorse, type MakeRule } from '../rollout-rules.ts';
import { runRollout, type RolloutRun } from '../rollout-run.ts';
import { orderStatistic, type Simulation } from '../simulation.ts';

const QUALITY = 0.81;
const DROP = 0.1;
const STEPS = [5, 25, 50, 100];
const REQUESTS_PER_BLOCK = 600;
const MIN_SAMPLES = 200;
const MAX_BLOCKS = 240;
const LABELS_IN_TIME = 15_000;

const guardrails: readonly GuardrailSpec[] = [
  {
    id: 'quality',
    metric: 'quality',
    kind: 'rate',
    direction: 'increase',
    margin: { kind: 'relative', pct: 5 },
    required: true,
    frozen: null,
  },
];

const successes = (n: number, p: number, next: () => number): WindowStats => {
  let sum = 0;
  for (let i = 0; i < n; i++) if (next() < p) sum += 1;
  return { count: n, sum, sumOfSquares: sum, min: 0, max: 1, sketch: null };
};

interface Kind {
  readonly rule: MakeRule;
  readonly candidateQuality: number;
  readonly seed: number;
  readonly requestsPerBlock?: number;
  readonly watchers?: readonly MakeRule[];
}

const simulate = (kind: Kind, runs: number): RolloutRun[] => {
  const { rule, candidateQuality, seed, requestsPerBlock = REQUESTS_PER_BLOCK, watchers = [] } = kind;
  const random = randomFromSeed(seed);
  return Array.from({ length: runs }, () =>
    runRollout({
      rule,
      watchers,
      guardrails,
      steps: STEPS,
      requestsPerBlock,
      minSamples: MIN_SAMPLES,
      maxBlocks: (MAX_BLOCKS * REQUESTS_PER_BLOCK) / requestsPerBlock,
      draw: (arm, n) => ({
        quality: successes(n, arm === 'stable' ? QUALITY : candidateQuality, random.next),
      }),
    }),
  );
};

const shareOf = (runs: readonly RolloutRun[], test: (run: RolloutRun) => boolean): number =>
  runs.filter(test).length / runs.length;
const isPast25 = (run: RolloutRun): boolean => run.stepsLeft >= 2;
const isBack = (run: RolloutRun): boolean => run.end === 'rolledBack';
const isInTime = (run: RolloutRun): boolean => run.end === 'promoted' && run.requests <= LABELS_IN_TIME;

const pct = (share: number): string => `${(share * 100).toFixed(1)} %`;

export const simulation: Simulation = {
  summary: 'a 10 % drop against the proof ladder 5/25/50, and an equal candidate',
  defaultRuns: 1000,
  run: ({ runs, seed }) => {
    const worseQuality = QUALITY * (1 - DROP);
    const equal = simulate(
      { rule: ours, candidateQuality: QUALITY, seed, watchers: [significantlyWorse] },
      runs,
    );
    const worse = simulate({ rule: ours, candidateQuality: worseQuality, seed: seed + 1 }, runs);
    const beside = (rule: MakeRule, candidateQuality: number, requestsPerBlock = REQUESTS_PER_BLOCK) =>
      simulate({ rule, candidateQuality, seed: seed + 2, requestsPerBlock }, runs);
    const naiveEqual = beside(significantlyWorse, QUALITY);
    const caught = worse.filter(isBack);
    const promoted = equal.filter((run) => run.end === 'promoted').map((run) => run.requests);
    const minutes = (q: number): number | null => {
      const requests = orderStatistic(
        caught.map((run) => run.requests),
        q,
      );
      return requests === null ? null : requests / REQUESTS_PER_BLOCK;
    };
    const figures = {
      runs,
      passed25: shareOf(worse, isPast25),
      naivePassed25: shareOf(beside(significantlyWorse, worseQuality), isPast25),
      notHarmfulPassed25: shareOf(beside(notHarmful, worseQuality), isPast25),
      notHarmfulPassed25At1PerSecond: shareOf(beside(notHarmful, worseQuality, 60), isPast25),
      falseRollbackRate: shareOf(equal, isBack),
      naiveFalseRollbackRate: shareOf(naiveEqual, isBack),
      naiveWatchingFalseRollbackRate: shareOf(equal, (run) => run.watchersAlarmed[0] === true),
      promotedEqual: shareOf(equal, isInTime),
      naivePromotedEqual: shareOf(naiveEqual, isInTime),
      labelsQ95: orderStatistic(promoted, 0.95),
      labelsMedian: orderStatistic(promoted, 0.5),
      rolledBackDrop: caught.length / runs,
      rollbackMinutesMedian: minutes(0.5),
      rollbackMinutesQ95: minutes(0.95),
    };
    return {
      figures,
      table: [
        `a 10 % drop passes the 25 % step     ${pct(figures.passed25)}   (at most 5 %)   p < .05 at each look: ${pct(figures.naivePassed25)}, not harmful so far: ${pct(figures.notHarmfulPassed25)} (at 1 request/s ${pct(figures.notHarmfulPassed25At1PerSecond)})`,
        `an equal candidate is rolled back    ${pct(figures.falseRollbackRate)}   (at most 2 %)   p < .05 at each look: ${pct(figures.naiveFalseRollbackRate)}, over the looks of ours: ${pct(figures.naiveWatchingFalseRollbackRate)}`,
        `an equal one promoted in 15,000      ${pct(figures.promotedEqual)}   (at least 95 %)   p < .05 at each look: ${pct(figures.naivePromotedEqual)}`,
        `labelled requests to promotion       median ${figures.labelsMedian}, q95 ${figures.labelsQ95}`,
        `a 10 % drop is rolled back           ${pct(figures.rolledBackDrop)}, after ${figures.rollbackMinutesMedian} min (q95 ${figures.rollbackMinutesQ95})`,
      ],
    };
  },
};
