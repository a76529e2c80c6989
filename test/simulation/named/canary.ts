/**
 * The rollout ladder of statistics.md 1.6 and 6.3b: quality .81, 10 requests a second judged every minute, steps 5, 25, 50.
 * A candidate 10 % worse must not pass the 25 % step, an equal one must not be rolled back and must be promoted in time.
 */
import type { GuardrailSpec } from '../../../src/domain/guardrail.ts';
import type { WindowStats } from '../../../src/domain/window.ts';
import { randomFromSeed } from '../../../src/math/index.ts';
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

const simulate = (candidateQuality: number, runs: number, seed: number): RolloutRun[] => {
  const random = randomFromSeed(seed);
  return Array.from({ length: runs }, () =>
    runRollout({
      guardrails,
      steps: STEPS,
      requestsPerBlock: REQUESTS_PER_BLOCK,
      minSamples: MIN_SAMPLES,
      maxBlocks: MAX_BLOCKS,
      draw: (arm, n) => ({
        quality: successes(n, arm === 'stable' ? QUALITY : candidateQuality, random.next),
      }),
    }),
  );
};

const shareOf = (runs: readonly RolloutRun[], test: (run: RolloutRun) => boolean): number =>
  runs.filter(test).length / runs.length;

const pct = (share: number): string => `${(share * 100).toFixed(1)} %`;

export const simulation: Simulation = {
  summary: 'a 10 % drop against the proof ladder 5/25/50, and an equal candidate',
  defaultRuns: 1000,
  run: ({ runs, seed }) => {
    const equal = simulate(QUALITY, runs, seed);
    const worse = simulate(QUALITY * (1 - DROP), runs, seed + 1);
    const promoted = equal.filter((run) => run.end === 'promoted');
    const caught = worse.filter((run) => run.end === 'rolledBack');
    const labels = promoted.map((run) => run.requests);
    const minutes = (q: number): number | null => {
      const requests = orderStatistic(
        caught.map((run) => run.requests),
        q,
      );
      return requests === null ? null : requests / REQUESTS_PER_BLOCK;
    };
    const figures = {
      passed25: shareOf(worse, (run) => run.stepsLeft >= 2),
      falseRollbackRate: shareOf(equal, (run) => run.end === 'rolledBack'),
      promotedEqual: shareOf(equal, (run) => run.end === 'promoted' && run.requests <= LABELS_IN_TIME),
      labelsQ95: orderStatistic(labels, 0.95),
      labelsMedian: orderStatistic(labels, 0.5),
      rolledBackDrop: caught.length / runs,
      rollbackMinutesMedian: minutes(0.5),
      rollbackMinutesQ95: minutes(0.95),
    };
    return {
      figures,
      table: [
        `a 10 % drop passes the 25 % step     ${pct(figures.passed25)}   (at most 5 %)`,
        `an equal candidate is rolled back    ${pct(figures.falseRollbackRate)}   (at most 2 %)`,
        `an equal one promoted in 15,000      ${pct(figures.promotedEqual)}   (at least 95 %)`,
        `labelled requests to promotion       median ${figures.labelsMedian}, q95 ${figures.labelsQ95}`,
        `a 10 % drop is rolled back           ${pct(figures.rolledBackDrop)}, after ${figures.rollbackMinutesMedian} min (q95 ${figures.rollbackMinutesQ95})`,
      ],
    };
  },
};
