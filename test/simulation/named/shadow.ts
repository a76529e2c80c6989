/**
 * Shadows judged in pairs, looked at every 20 pairs: how often a candidate that is worse passes or an equal one is called harmful, how many pairs
 * that takes, what a paired test repeated at each look says on the same pairs, and how many answers the same proof takes without pairing.
 */
import { emptyTlg, foldTlg } from '../../../src/analysis/index.ts';
import type { GuardrailSpec } from '../../../src/domain/guardrail.ts';
import { randomFromSeed } from '../../../src/math/index.ts';
import { pct, shareOf } from '../experiment-run.ts';
import { binaryPair, drawSums, gradedPair, type DrawPair } from '../shadow-worlds/pairs.ts';
import { runShadow, type ShadowRun, type ShadowSetting } from '../shadow-worlds/run.ts';
import { orderStatistic, type Simulation } from '../simulation.ts';

const QUALITY = 0.81;
const ALIKE = 0.5;
const PAIRS_PER_LOOK = 20;
const MOST_PAIRS = 6_000;
const IN_TIME = 3_000;

const spec = (
  of: Pick<GuardrailSpec, 'id' | 'metric' | 'kind' | 'direction' | 'margin'>,
  frozen: number | null = null,
): GuardrailSpec => ({ ...of, required: true, frozen });

const quality = spec({
  id: 'quality',
  metric: 'quality',
  kind: 'rate',
  direction: 'increase',
  margin: { kind: 'relative', pct: 5 },
});
const errors = spec({
  id: 'errorRate',
  metric: 'error',
  kind: 'rate',
  direction: 'decrease',
  margin: { kind: 'absolute', points: 1 },
});
const tail = spec(
  {
    id: 'latencyP95',
    metric: 'latencyMs',
    kind: 'tail',
    direction: 'decrease',
    margin: { kind: 'relative', pct: 20 },
  },
  2_000,
);

const setting = (draws: ShadowSetting['draws'], guardrails: readonly GuardrailSpec[]): ShadowSetting => ({
  guardrails,
  draws,
  minPairs: 200,
  pairsPerLook: PAIRS_PER_LOOK,
  maxPairs: MOST_PAIRS,
});

const ofQuality = (draw: DrawPair): ShadowSetting => setting({ quality: draw }, [quality]);

/** Half of the same requests go to either arm: answers until the drop is ruled out by the block test of live rollouts. */
const unpaired = (next: () => number): number => {
  let process = emptyTlg();
  for (let answers = 40; ; answers += 40) {
    const [a, b] = [
      drawSums(20, binaryPair(QUALITY, 0, 0), next),
      drawSums(20, binaryPair(QUALITY, 0, 0), next),
    ];
    process = foldTlg(
      process,
      { nA: a.n, sA: a.sumS, nB: b.n, sB: b.sumS },
      { kind: 'relative', margin: 0.95, side: 'greater' },
    );
    if (process.logE >= Math.log(20) || answers >= 20 * MOST_PAIRS) return answers;
  }
};

const pairsOf = (runs: readonly ShadowRun[], end: ShadowRun['end'], q: number): number | null =>
  orderStatistic(
    runs.filter((run) => run.end === end).map((run) => run.pairs),
    q,
  );

export const simulation: Simulation = {
  summary: 'shadows judged in pairs: false passes, false harm, pairs needed, beside a repeated paired test',
  defaultRuns: 1000,
  run: ({ runs, seed, onProgress }) => {
    const many = (what: string, of: ShadowSetting, plus: number): readonly ShadowRun[] => {
      onProgress(`${runs} shadows: ${what}`);
      const random = randomFromSeed(seed + plus);
      return Array.from({ length: runs }, () => runShadow(of, random.next));
    };
    const passed = (run: ShadowRun): boolean => run.end === 'passed';
    const harmed = (run: ShadowRun): boolean => run.end === 'harm';
    const worse = many('10 % worse', ofQuality(binaryPair(QUALITY, QUALITY * 0.9, ALIKE)), 0);
    const onMargin = many('5 % worse, the margin', ofQuality(binaryPair(QUALITY, QUALITY * 0.95, ALIKE)), 1);
    const equal = many('equal', ofQuality(binaryPair(QUALITY, QUALITY, ALIKE)), 2);
    const graded = many('equal, graded', ofQuality(gradedPair(0.75, 0.75)), 3);
    const gradedOnMargin = many('graded, on the margin', ofQuality(gradedPair(0.75, 0.7125)), 4);
    const slowEqual = { quality: binaryPair(QUALITY, QUALITY, ALIKE), slow: binaryPair(0.05, 0.03, ALIKE) };
    const all = many(
      'equal by quality, errors and latency',
      setting({ ...slowEqual, error: binaryPair(0.005, 0.005, 0) }, [quality, errors, tail]),
      5,
    );
    const failing = many(
      '2 points more errors',
      setting({ ...slowEqual, error: binaryPair(0.005, 0.025, 0) }, [quality, errors, tail]),
      6,
    );
    const random = randomFromSeed(seed + 7);
    const answers = Array.from({ length: runs }, () => unpaired(random.next));
    const figures = {
      runs,
      falsePass: shareOf(worse, passed),
      falsePassOnMargin: shareOf(onMargin, passed),
      naivePassOnMargin: shareOf(onMargin, (run) => run.naive === 'passed'),
      falsePassGraded: shareOf(gradedOnMargin, passed),
      falsePassErrors: shareOf(failing, passed),
      falseHarm: shareOf(equal, harmed),
      naiveHarmOnMargin: shareOf(onMargin, (run) => run.naive === 'harm'),
      harmOnMargin: shareOf(onMargin, harmed),
      caught: shareOf(worse, harmed),
      passedEqual: shareOf(equal, (run) => passed(run) && run.pairs <= IN_TIME),
      pairsMedian: pairsOf(equal, 'passed', 0.5),
      pairsQ95: pairsOf(equal, 'passed', 0.95),
      pairsGradedMedian: pairsOf(graded, 'passed', 0.5),
      pairsAllMedian: pairsOf(all, 'passed', 0.5),
      pairsAllQ95: pairsOf(all, 'passed', 0.95),
      harmPairsMedian: pairsOf(worse, 'harm', 0.5),
      unpairedAnswersMedian: orderStatistic(answers, 0.5),
    };
    return {
      figures,
      table: [
        `a candidate 10 % worse passes         ${pct(figures.falsePass, 2)}   (at most 5 %), is called harmful ${pct(figures.caught)} after ${figures.harmPairsMedian} pairs`,
        `one exactly on the 5 % margin passes  ${pct(figures.falsePassOnMargin, 2)}   (at most 5 %), graded ${pct(figures.falsePassGraded, 2)}; a paired test at each look passes ${pct(figures.naivePassOnMargin)}`,
        `one on the margin is called harmful   ${pct(figures.harmOnMargin, 2)}   (at most 2 %); a paired test at each look ${pct(figures.naiveHarmOnMargin)}; an equal one ${pct(figures.falseHarm, 2)}`,
        `2 points more errors pass             ${pct(figures.falsePassErrors, 2)}   (at most 5 %)`,
        `an equal one passes in ${IN_TIME} pairs     ${pct(figures.passedEqual)}   (at least 95 %), median ${figures.pairsMedian}, q95 ${figures.pairsQ95}; graded median ${figures.pairsGradedMedian}`,
        `with errors and latency as well       median ${figures.pairsAllMedian} pairs, q95 ${figures.pairsAllQ95}`,
        `the same proof of quality unpaired    median ${figures.unpairedAnswersMedian} answers, where pairs take ${2 * (figures.pairsMedian ?? 0)}`,
      ],
    };
  },
};
