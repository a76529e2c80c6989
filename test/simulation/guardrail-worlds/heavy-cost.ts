/**
 * What a guardrail on a mean does not hold: a candidate of which 1 call in 200 costs 100 times as much, so that its mean is 50 % above, with a margin
 * of 10 %. The 5 % step asks to rule out a rise of 40 %. It is left wrongly as long as no such call has been seen; told by the labels asked for.
 */
import type { GuardrailSpec } from '../../../src/domain/guardrail.ts';
import type { Arm, WindowStats } from '../../../src/domain/window.ts';
import { randomFromSeed, sampleLogNormal, type Random } from '../../../src/math/index.ts';
import { runRollout } from '../rollout-run.ts';
import type { SimulationOptions } from '../simulation.ts';
import { pct, type Figures } from './figures.ts';
import { relative } from './specs.ts';

const cost: GuardrailSpec = {
  id: 'cost',
  metric: 'costUsd',
  kind: 'mean',
  direction: 'decrease',
  margin: relative(10),
  required: true,
  frozen: null,
};

const RARE = 0.005;
const TIMES = 100;
const REQUESTS = 200;
/** Requests of a block at 5 %; later steps are not of interest and draw nothing. */
const AT_FIRST: Readonly<Record<Arm, number>> = { stable: 190, candidate: 10 };
const ASKED = [100, 500, 1000];

const costs = (arm: Arm, n: number, random: Random): WindowStats => {
  let [sum, sumOfSquares] = [0, 0];
  for (let i = 0; i < n; i++) {
    const usual = sampleLogNormal(0, 0.5, random);
    const value = arm === 'candidate' && random.next() < RARE ? usual * TIMES : usual;
    sum += value;
    sumOfSquares += value * value;
  }
  return { count: n, sum, sumOfSquares, min: null, max: null, sketch: null };
};

/** Share of rollouts that leave the first step, per labels asked for; at most .05 is claimed. */
export const heavyCost = ({ runs, seed }: SimulationOptions, figures: Figures): readonly string[] =>
  ASKED.map((minSamples) => {
    const random = randomFromSeed(seed);
    const left = Array.from({ length: runs }, () =>
      runRollout({
        guardrails: [cost],
        steps: [5, 25, 50, 100],
        requestsPerBlock: REQUESTS,
        minSamples,
        maxBlocks: 200,
        draw: (arm, n) => (n === AT_FIRST[arm] ? { costUsd: costs(arm, n, random) } : {}),
      }),
    ).filter((run) => run.stepsLeft > 0).length;
    figures[`heavyCostPassed5Asked${minSamples}`] = left / runs;
    return (
      `mean cost + 50 % by 1 call in 200, margin 10 %, ${minSamples} labels asked`.padEnd(66) +
      ` leaves 5 % in ${pct(left / runs)} of runs (claimed: 5 %, asymptotically)`
    );
  });
