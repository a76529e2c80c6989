/** How many labels one proof takes: one guardrail at one weight, beside what the design page says of it. */
import type { GuardrailSpec } from '../../../src/domain/guardrail.ts';
import { randomFromSeed, sampleBinomial } from '../../../src/math/index.ts';
import { drawLatencies, slower, type LatencyTable } from '../latency-table.ts';
import { runRollout } from '../rollout-run.ts';
import { orderStatistic, type SimulationOptions } from '../simulation.ts';
import { count, pct, type Figures } from './figures.ts';
import {
  errors,
  lognormal,
  narrow,
  points,
  QUALITY,
  qualitySpec,
  recorded,
  relative,
  shareStats,
  tail,
} from './specs.ts';

/** One guardrail at one weight until its harm, or its non-inferiority at one margin, is proven. */
export interface Proof {
  readonly figure: string;
  readonly title: string;
  readonly ends: 'promoted' | 'rolledBack';
  readonly guardrail: GuardrailSpec;
  readonly weight: number;
  readonly perBlock: number;
  /** Share of the runs asked for. */
  readonly share: number;
  /** Mean or table of an arm; `soFar` counts the candidate's labels. */
  readonly of: (arm: 'stable' | 'candidate', soFar: number) => number | LatencyTable;
  /** Labels that are not counted: before the harm begins. */
  readonly from?: number;
  readonly design: string;
}

const LATE = 5000;
const arms =
  <T>(stable: T, candidate: T) =>
  (arm: 'stable' | 'candidate'): T =>
    arm === 'stable' ? stable : candidate;

export const proofs: readonly Proof[] = [
  {
    figure: 'proofTailEqual',
    title: 'p95, equal, passes one margin of 20 % (recorded)',
    ends: 'promoted',
    guardrail: tail(recorded),
    weight: 50,
    perBlock: 200,
    share: 1,
    of: arms(recorded, recorded),
    design: 'q95 1,723 per arm',
  },
  {
    figure: 'proofTailEqualLognormal',
    title: 'p95, equal, passes one margin of 20 % (lognormal, sigma .4)',
    ends: 'promoted',
    guardrail: tail(narrow),
    weight: 50,
    perBlock: 200,
    share: 1,
    of: arms(narrow, narrow),
    design: 'q95 1,723 per arm',
  },
  {
    figure: 'proofTailHarm',
    title: 'p95 + 50 %, harm (recorded)',
    ends: 'rolledBack',
    guardrail: tail(recorded),
    weight: 50,
    perBlock: 200,
    share: 1,
    of: arms(recorded, slower(recorded, 1.5)),
    design: 'within 2,700',
  },
  {
    figure: 'proofTailHarmLognormal',
    title: 'p95 + 50 %, harm (lognormal, sigma .6)',
    ends: 'rolledBack',
    guardrail: tail(lognormal),
    weight: 50,
    perBlock: 200,
    share: 1,
    of: arms(lognormal, slower(lognormal, 1.5)),
    design: 'within 2,700',
  },
  {
    figure: 'proofErrorsHarm',
    title: 'errors .5 % -> 1 % at 5 % traffic, harm at a margin of nearly 0',
    ends: 'rolledBack',
    guardrail: errors(points(0.01)),
    weight: 5,
    perBlock: 600,
    share: 0.5,
    of: arms(0.005, 0.01),
    design: 'q95 8,946',
  },
  {
    figure: 'proofErrorsPoint',
    title: 'errors .5 %, equal, passes 1 point',
    ends: 'promoted',
    guardrail: errors(points(1)),
    weight: 50,
    perBlock: 200,
    share: 1,
    of: arms(0.005, 0.005),
    design: '2,516 per arm',
  },
  {
    figure: 'proofErrorsRelative',
    title: 'errors .5 %, equal, passes 50 % relative',
    ends: 'promoted',
    guardrail: errors(relative(50)),
    weight: 50,
    perBlock: 200,
    share: 0.2,
    of: arms(0.005, 0.005),
    design: '40,300 per arm',
  },
  ...[5, 25, 50].map((weight): Proof => ({
    figure: `lateHarmAt${weight}`,
    title: `quality - 10 % that begins after 5,000 healthy labels, at ${weight} %`,
    ends: 'rolledBack',
    guardrail: qualitySpec,
    weight,
    perBlock: 600,
    share: 0.4,
    of: (arm, soFar) => (arm === 'candidate' && soFar >= LATE ? QUALITY * 0.9 : QUALITY),
    from: LATE,
    design: 'median 2,733 (10,548 without restarts)',
  })),
];

export const prove = (proof: Proof, { runs, seed }: SimulationOptions, figures: Figures): string => {
  const random = randomFromSeed(seed);
  const { metric } = proof.guardrail;
  const times = Math.max(1, Math.round(runs * proof.share));
  const found = Array.from({ length: times }, () =>
    runRollout({
      guardrails: [proof.guardrail],
      steps: [proof.weight, 100],
      requestsPerBlock: proof.perBlock,
      minSamples: 1,
      maxBlocks: 3000,
      stays: proof.ends === 'rolledBack',
      draw: (arm, n, soFar) => {
        const world = proof.of(arm, soFar);
        const stats =
          typeof world === 'number'
            ? shareStats(n, sampleBinomial(n, world, random))
            : drawLatencies(world, n, random);
        return { [metric]: stats };
      },
    }),
  ).filter(({ end }) => end === proof.ends);
  const labels = found.map((run) => run.candidateRequests - (proof.from ?? 0));
  const [median, q95] = [orderStatistic(labels, 0.5), orderStatistic(labels, 0.95)];
  Object.assign(figures, { [`${proof.figure}Median`]: median, [`${proof.figure}Q95`]: q95 });
  return `${proof.title.padEnd(66)} median ${count(median)}, q95 ${count(q95)} (${pct(found.length / times)} of runs; design: ${proof.design})`;
};
