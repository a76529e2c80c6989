/**
 * Whole experiments, from sizing to conclusion, through the product's own reducer and judging, looked at every quarter of an hour: how often equal
 * arms have a winner (fixed weights, Thompson, users that come back), and how often a lift of 5 points is found by the cap that sizing chose.
 */
import type { AllocationKind } from '../../../src/domain/experiment.ts';
import { randomFromSeed, type Random } from '../../../src/math/index.ts';
import { meanOf, pct, shareOf } from '../experiment-run.ts';
import { planFor, playExperiment } from '../experiments/play.ts';
import { endedOf, type Ended } from '../experiments/summary.ts';
import {
  independentUnits,
  returningUsers,
  zipfUsers,
  type UsersWorld,
  type World,
} from '../experiments/world.ts';
import type { Simulation, SimulationOptions } from '../simulation.ts';

const LIFT = 0.05;
const EQUAL_BASES = [0.1, 0.3, 0.5, 0.7, 0.8];
const LIFTED_BASES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];

/** Runs of the lift for each run of equal arms: 2,000 for 10,000. */
const LIFTED_SHARE = 0.2;
/** Those that only show what is wrong with counting requests run less often. */
const DISEASE_SHARE = 0.05;

const USERS = { rate: 0.7, correlation: 0.2, users: 2000 } as const;

type MakeWorld = (unitsPerMs: number, base: number, random: Random) => World;

const play = (
  bases: readonly number[],
  runs: number,
  allocation: AllocationKind,
  seed: number,
  world: MakeWorld,
): readonly (Ended & { readonly base: number; readonly nFix: number })[] => {
  const random = randomFromSeed(seed);
  const plans = bases.map((base) => ({ base, ...planFor({ base, lift: LIFT, allocation }) }));
  return Array.from({ length: runs }, (_, i) => {
    const { base, plan, unitsPerMs } = plans[i % plans.length]!;
    const ended = endedOf(playExperiment(plan, world(unitsPerMs, base, random)));
    return { ...ended, base, nFix: plan.sizing.nFixPerArm };
  });
};

const equal: MakeWorld = (unitsPerMs, base, random) =>
  independentUnits({ control: base, variant: base }, unitsPerMs, random);

const lifted: MakeWorld = (unitsPerMs, base, random) =>
  independentUnits({ control: base, variant: base + LIFT }, unitsPerMs, random);

const returning = (counting: Pick<UsersWorld, 'outcomes' | 'exposures'>): MakeWorld => {
  const draw = zipfUsers(USERS.users);
  return (requestsPerMs, _, random) => returningUsers({ ...USERS, ...counting, requestsPerMs, draw }, random);
};

const declared = (all: readonly Ended[]): number => shareOf(all, (one) => one.declared);
const broken = (all: readonly Ended[]): number => shareOf(all, (one) => one.broken);
const harmed = (all: readonly Ended[]): number => shareOf(all, ({ outcome }) => outcome === 'harmed');

const covered = (all: readonly Ended[]): number => {
  const shown = all.filter(({ covers }) => covers !== null);
  return shareOf(shown, ({ covers }) => covers!(0));
};

const equalRow = (title: string, all: readonly Ended[]): string =>
  [
    title.padEnd(46),
    pct(declared(all), 2).padStart(8),
    pct(broken(all), 2).padStart(8),
    pct(harmed(all), 2).padStart(8),
    (meanOf(all.map(({ looks }) => looks)) ?? 0).toFixed(0).padStart(7),
  ].join(' ');

const equalArms = ({ runs, seed, onProgress }: SimulationOptions) => {
  onProgress(`${runs} experiments of equal arms, fixed weights`);
  const fixed = play(EQUAL_BASES, runs, 'fixed', seed, equal);
  onProgress(`${runs} experiments of equal arms, Thompson`);
  const thompson = play(EQUAL_BASES, runs, 'thompson', seed + 1000, equal);
  onProgress(`${runs} experiments of equal arms, users that come back`);
  const users = returning({ outcomes: 'unitFirst', exposures: 'unitFirst' });
  const clustered = play([USERS.rate], runs, 'fixed', seed + 2000, users);
  const few = Math.max(1, Math.round(runs * DISEASE_SHARE));
  onProgress(`${few} of them with every request counted`);
  const everyOutcome = play(
    [USERS.rate],
    few,
    'fixed',
    seed + 3000,
    returning({ outcomes: 'all', exposures: 'unitFirst' }),
  );
  const everyExposure = play(
    [USERS.rate],
    few,
    'fixed',
    seed + 4000,
    returning({ outcomes: 'unitFirst', exposures: 'all' }),
  );
  return {
    figures: {
      falseWinners: declared(fixed),
      falseWinnersThompson: declared(thompson),
      falseWinnersClustered: declared(clustered),
      falseSrm: Math.max(...[fixed, thompson, clustered].map(broken)),
      falseHarm: Math.max(...[fixed, thompson, clustered].map(harmed)),
      falseWinnersEveryRequest: declared(everyOutcome),
      falseSrmEveryRequest: broken(everyExposure),
      coverage: covered(fixed),
      coverageThompson: covered(thompson),
    },
    table: [
      'equal arms                                     declared    split     harm   looks',
      equalRow('fixed weights', fixed),
      equalRow('Thompson, floor .1, every look', thompson),
      equalRow('users that come back, each counted once', clustered),
      equalRow('  every outcome counted (not what we do)', everyOutcome),
      equalRow('  every exposure counted (not what we do)', everyExposure),
      `the interval at the end holds the truth in ${pct(covered(fixed))} (fixed), ${pct(covered(thompson))} (Thompson)`,
    ],
  };
};

const biasOf = (found: readonly Ended[]): number | null => {
  const mean = meanOf(found.map(({ difference }) => difference ?? 0));
  return mean === null ? null : mean - LIFT;
};

const points = (share: number | null): string =>
  share === null ? 'none' : `${share < 0 ? '' : '+'}${(share * 100).toFixed(1)}`;

type Lifted = ReturnType<typeof play>;

const liftOf = (all: Lifted) => {
  const found = all.filter(({ winner }) => winner);
  return {
    power: found.length / all.length,
    adopted: shareOf(all, ({ outcome }) => outcome === 'adopted'),
    meanRatio: meanOf(all.map(({ labels, nFix }) => labels / nFix)),
    biasAtStop: biasOf(found),
    wrongSide: shareOf(
      all,
      ({ declared: said, winner, difference }) => said && !winner && (difference ?? 0) < 0,
    ),
  };
};

const liftRow = (title: string, all: Lifted): string => {
  const { power, adopted, meanRatio, biasAtStop } = liftOf(all);
  return [
    title.padEnd(15),
    String(all[0]?.nFix ?? '').padStart(5),
    pct(power).padStart(8),
    pct(adopted).padStart(8),
    (meanRatio ?? 0).toFixed(2).padStart(7),
    points(biasAtStop).padStart(7),
  ].join(' ');
};

const lift = ({ runs, seed, onProgress }: SimulationOptions) => {
  const some = Math.max(LIFTED_BASES.length, Math.round(runs * LIFTED_SHARE));
  onProgress(`${some} experiments with a lift of 5 points, fixed weights`);
  const fixed = play(LIFTED_BASES, some, 'fixed', seed + 5000, lifted);
  const few = Math.max(1, Math.round(some * 0.2));
  onProgress(`${few} of them with Thompson`);
  const thompson = play([0.7], few, 'thompson', seed + 6000, lifted);
  const { power, adopted, meanRatio, biasAtStop, wrongSide } = liftOf(fixed);
  const byBase = LIFTED_BASES.map((base) => fixed.filter((one) => one.base === base));
  return {
    figures: {
      power,
      powerLowest: Math.min(...byBase.map((all) => liftOf(all).power)),
      adopted,
      meanRatio,
      biasAtStop,
      wrongSide,
      powerThompson: liftOf(thompson).power,
    },
    table: [
      'a lift of 5     n_fix    found  adopted  mean/n  bias,',
      'points          per arm  at cap          n_fix   points',
      ...byBase.map((all, i) => {
        const base = LIFTED_BASES[i]!;
        return liftRow(`${base.toFixed(2)} -> ${(base + LIFT).toFixed(2)}`, all);
      }),
      liftRow('all', fixed),
      liftRow('.70, Thompson', thompson),
    ],
  };
};

export const simulation: Simulation = {
  summary: 'whole experiments through reducer and judging: false winners, power, bias, broken splits',
  defaultRuns: 10_000,
  run: (options) => {
    const [none, some] = [equalArms(options), lift(options)];
    return {
      figures: { ...none.figures, ...some.figures },
      table: [...none.table, '', ...some.table],
    };
  },
};
