/**
 * Experiments with a lift that is there (statistics.md 1.4, 6.3): how often it is found by the cap, after how many outcomes, and how far off the
 * reported lift is because the experiment stops when it looks good. The fixed-size test stands beside: looked at once, and peeked at.
 */
import { CAP_FACTOR, rateSampleSize, startExperiment } from '../../../src/analysis/index.ts';
import { randomFromSeed, type Random } from '../../../src/math/index.ts';
import { blockOf, rate } from '../experiment-blocks.ts';
import { meanOf, pct, runExperiment, shareOf } from '../experiment-run.ts';
import { pooledZ, zOfRates, CRITICAL_Z } from '../naive-rules.ts';
import type { Simulation } from '../simulation.ts';

const PER_ARM = 100;
const LIFT = 0.05;

/** The rate that the figures are for, and others for the table. */
const BASE = 0.7;
const OTHERS = [0.1, 0.3, 0.5, 0.8, 0.9];

interface Case {
  readonly base: number;
  readonly nFix: number;
  readonly power: number;
  readonly meanRatio: number;
  readonly biasAtStop: number | null;
  readonly fixedPower: number;
  readonly naiveBias: number | null;
  readonly wrongSide: number;
}

const runCase = (base: number, runs: number, random: Random): Case => {
  const nFix = rateSampleSize(base, base + LIFT).nA;
  const start = startExperiment({
    control: 'a',
    variants: ['b'],
    primary: { id: 'quality', kind: 'proportion', direction: 'increase' },
    nFixPerArm: nFix,
  });
  const cap = start.design.capPerArm;
  const all = Array.from({ length: runs }, () => {
    const fixed = { a: 0, b: 0 };
    const run = runExperiment({
      start,
      looks: Math.ceil(cap / PER_ARM),
      draw: (no) => {
        const n = Math.min(PER_ARM, cap - (no - 1) * PER_ARM);
        return blockOf(no, 'quality', {
          a: { n, weight: 1, outcomes: rate(base, random) },
          b: { n, weight: 1, outcomes: rate(base + LIFT, random) },
        });
      },
      rules: [pooledZ('quality')],
    });
    for (const arm of ['a', 'b'] as const) {
      const drawn = rate(arm === 'a' ? base : base + LIFT, random)(nFix);
      fixed[arm] = drawn.kind === 'proportion' ? drawn.successes / nFix : 0;
    }
    const z = zOfRates({ n: nFix, mean: fixed.a, m2: 0 }, { n: nFix, mean: fixed.b, m2: 0 });
    return { ...run, fixedFound: z > CRITICAL_Z };
  });
  const found = all.filter(({ outcome }) => outcome === 'winner');
  const peeked = all.filter(({ rules }) => rules[0]!.side > 0);
  const bias = (differences: readonly (number | null)[]): number | null => {
    const mean = meanOf(differences.map((difference) => difference ?? 0));
    return mean === null ? null : mean - LIFT;
  };
  return {
    base,
    nFix,
    power: found.length / runs,
    meanRatio: meanOf(all.map(({ labels }) => labels))! / nFix,
    biasAtStop: bias(found.map(({ difference }) => difference)),
    fixedPower: shareOf(all, ({ fixedFound }) => fixedFound),
    naiveBias: bias(peeked.map(({ rules }) => rules[0]!.difference)),
    wrongSide: shareOf(all, ({ outcome }) => outcome === 'controlBetter'),
  };
};

const points = (share: number | null): string =>
  share === null ? 'none' : `${share < 0 ? '' : '+'}${(share * 100).toFixed(1)}`;

const row = ({ base, nFix, power, meanRatio, biasAtStop, fixedPower, naiveBias, wrongSide }: Case): string =>
  [
    `${base.toFixed(2)} -> ${(base + LIFT).toFixed(2)}`.padEnd(15),
    String(nFix).padStart(5),
    pct(power).padStart(8),
    pct(fixedPower).padStart(8),
    meanRatio.toFixed(2).padStart(7),
    points(biasAtStop).padStart(7),
    points(naiveBias).padStart(7),
    pct(wrongSide).padStart(7),
  ].join(' ');

export const simulation: Simulation = {
  summary: `a lift of 5 points by the cap of ${CAP_FACTOR} times the fixed size: power, mean size, bias`,
  defaultRuns: 2000,
  run: ({ runs, seed, onProgress }) => {
    const cases = [BASE, ...OTHERS].map((base, i) => {
      onProgress(`${base} -> ${(base + LIFT).toFixed(2)}: ${runs} experiments`);
      return runCase(base, runs, randomFromSeed(seed + 1000 * i));
    });
    const { power, meanRatio, biasAtStop, fixedPower, naiveBias, wrongSide, nFix } = cases[0]!;
    return {
      figures: { power, meanRatio, biasAtStop, fixedPower, naiveBias, wrongSide, nFix },
      table: [
        'lift            n_fix    power  n_fix 1x  mean/n  bias,   peeked  wrong',
        '                per arm  at cap  one look  n_fix   points  bias    side',
        ...cases.map(row),
      ],
    };
  },
};
