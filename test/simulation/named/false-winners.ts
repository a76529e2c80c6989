/**
 * Experiments between equal arms, looked at after each block: how often a difference is declared that is not there (statistics.md 1.3, 6.1,
 * 6.2), and how often the fixed-size test would have declared one when it is peeked at in the same way.
 */
import { startExperiment, type ExperimentDesignInput } from '../../../src/analysis/index.ts';
import { randomFromSeed, sampleBinomial, type Random } from '../../../src/math/index.ts';
import { blockOf, latency, marks, rate, type ArmDraw, type Outcomes } from '../experiment-blocks.ts';
import { foundDifference, pct, runExperiment, shareOf, type PeekingRule } from '../experiment-run.ts';
import { asymptotic, pooledZ, welchZ } from '../naive-rules.ts';
import type { Simulation } from '../simulation.ts';

const LOOKS = 50;
const PER_ARM = 100;

/** A kind of experiment: its design, its blocks, the rules beside it under the names of their figures. */
interface Scenario {
  readonly figure: string;
  readonly title: string;
  /** Share of the runs asked for: those that only illustrate run less often. */
  readonly share: number;
  /** `LOOKS` when left out. */
  readonly looks?: number;
  readonly design: ExperimentDesignInput;
  readonly arms: (no: number, random: Random) => Readonly<Record<string, ArmDraw>>;
  readonly rules: Readonly<Record<string, () => PeekingRule>>;
}

const quality = { id: 'quality', kind: 'proportion', direction: 'increase' } as const;
const design: ExperimentDesignInput = {
  control: 'a',
  variants: ['b'],
  primary: quality,
  nFixPerArm: 1565,
  capPerArm: LOOKS * PER_ARM,
};

const equalArms = (names: readonly string[], outcomes: ArmDraw['outcomes']) =>
  Object.fromEntries(names.map((arm) => [arm, { n: PER_ARM, weight: 1, outcomes }]));

/** Grades in 0..1 around a mean, standard deviation .05. */
const gradesAround =
  (mean: number, random: Random): Outcomes =>
  (n) => ({
    kind: 'scores',
    scores: Array.from({ length: n }, () => {
      const spread = (random.next() + random.next() + random.next()) / 3 - 0.5;
      return Math.min(1, Math.max(0, mean + 0.3 * spread));
    }),
  });

const SMALL = { looks: 400, perBlock: 10, share: 0.05 };

/** Blocks so small that most lack the rare arm, split by chance, while the grades drift from .5 to .85. */
const smallBlocks = (no: number, random: Random) => {
  const { looks, perBlock, share } = SMALL;
  const b = sampleBinomial(perBlock, share, random);
  const outcomes = gradesAround(0.5 + (0.35 * no) / looks, random);
  return {
    a: { n: perBlock - b, weight: 1 - share, outcomes },
    b: { n: b, weight: share, outcomes },
  };
};

/** n outcomes of both arms together, `share` of them the variant's. */
const split = (n: number, share: number, outcomes: ArmDraw['outcomes']) => {
  const b = Math.round(n * share);
  return { a: { n: n - b, weight: 1 - share, outcomes }, b: { n: b, weight: share, outcomes } };
};

const RAMP = [
  { share: 0.05, base: 0.6 },
  { share: 0.25, base: 0.7 },
  { share: 0.5, base: 0.8 },
] as const;

const rampAt = (no: number): (typeof RAMP)[number] =>
  RAMP[Math.min(RAMP.length - 1, Math.floor(((no - 1) * RAMP.length) / LOOKS))]!;

const CANARY = { nOpt: LOOKS * 2 * PER_ARM, burnIn: 100 };

const scenarios: readonly Scenario[] = [
  {
    figure: 'ours',
    title: 'half and half, base rate .5',
    share: 1,
    design,
    arms: (_, random) => equalArms(['a', 'b'], rate(0.5, random)),
    rules: { naive: () => pooledZ('quality') },
  },
  {
    figure: 'canaryRare',
    title: 'a 5 % canary, base rate .02',
    share: 1,
    design,
    arms: (_, random) => split(20 * PER_ARM, 0.05, rate(0.02, random)),
    rules: {
      naiveCanaryRare: () => pooledZ('quality'),
      asymptoticWelch: () => asymptotic('quality', 'varianceWelch', CANARY),
      asymptoticMaxV: () => asymptotic('quality', 'varianceUsed', CANARY),
    },
  },
  {
    figure: 'ramp',
    title: '5, 25, 50 % while the base rate drifts .6, .7, .8',
    share: 1,
    design,
    arms: (no, random) => split(2 * PER_ARM, rampAt(no).share, rate(rampAt(no).base, random)),
    rules: { naiveRamp: () => pooledZ('quality') },
  },
  {
    figure: 'threeVariants',
    title: 'three variants, Holm',
    share: 0.2,
    design: { ...design, variants: ['b', 'c', 'd'] },
    arms: (_, random) => equalArms(['a', 'b', 'c', 'd'], rate(0.5, random)),
    rules: { naiveThreeVariants: () => pooledZ('quality', ['b', 'c', 'd']) },
  },
  {
    figure: 'betting',
    title: 'graded scores, betting',
    share: 0.2,
    design: { ...design, primary: { id: 'quality', kind: 'score', direction: 'increase' } },
    arms: (_, random) => equalArms(['a', 'b'], marks(random)),
    rules: { naiveScores: () => welchZ('quality') },
  },
  {
    figure: 'bettingSmallBlocks',
    title: 'graded scores that drift, blocks of 10, a 5 % canary',
    share: 0.1,
    looks: SMALL.looks,
    design: { ...design, primary: { id: 'quality', kind: 'score', direction: 'increase' } },
    arms: smallBlocks,
    rules: {},
  },
  {
    figure: 'latency',
    title: 'log-normal latency, asymptotic sequence',
    share: 0.2,
    design: {
      ...design,
      primary: { id: 'latency', kind: 'mean', direction: 'decrease', scale: { kind: 'raw' } },
    },
    arms: (_, random) => equalArms(['a', 'b'], latency(1, random)),
    rules: { naiveLatency: () => welchZ('latency') },
  },
];

const runScenario = (
  { figure, design: input, arms, rules, looks = LOOKS }: Scenario,
  runs: number,
  random: Random,
) => {
  const start = startExperiment(input);
  const names = Object.keys(rules);
  const all = Array.from({ length: runs }, () =>
    runExperiment({
      start,
      looks,
      draw: (no) => blockOf(no, start.design.primary.id, arms(no, random)),
      rules: Object.values(rules).map((make) => make()),
    }),
  );
  const others = names.map((name, i): readonly [string, number] => [
    name,
    shareOf(all, (run) => run.rules[i]!.side !== 0),
  ]);
  return { ours: shareOf(all, foundDifference), others: Object.fromEntries(others), figure };
};

export const simulation: Simulation = {
  summary: 'differences declared between equal arms, ours and the peeked fixed-size test',
  defaultRuns: 10_000,
  run: ({ runs, seed, onProgress }) => {
    const figures: Record<string, number> = {};
    const table = [`${'false verdicts'.padEnd(52)} ours   others on the same outcomes`];
    for (const [i, scenario] of scenarios.entries()) {
      const ofRuns = Math.max(1, Math.round(runs * scenario.share));
      onProgress(`${scenario.title}: ${ofRuns} experiments of ${scenario.looks ?? LOOKS} looks`);
      const { ours, others } = runScenario(scenario, ofRuns, randomFromSeed(seed + 1000 * i));
      Object.assign(figures, { [scenario.figure]: ours }, others);
      const beside = Object.entries(others).map(([name, share]) => `${name} ${pct(share)}`);
      table.push(`${scenario.title.padEnd(52)} ${pct(ours).padEnd(6)} ${beside.join(', ')}`);
    }
    return { figures, table };
  },
};
