/** Experiments in which the variant is five points better: how often that is found by the cap, after how many outcomes, and how it is overstated. */
import { meanOf, pct, shareOf } from '../experiment-run.ts';
import { LIFT, playMany, type MakeWorld, type Played } from './many.ts';
import { independentUnits } from './world.ts';

export const LIFTED_BASES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];

const lifted: MakeWorld = (unitsPerMs, base, random) =>
  independentUnits({ control: base, variant: base + LIFT }, unitsPerMs, random);

/** Just what the service asks for: five per cent of the base. */
const CRITERION_BASE = 0.7;
const CRITERION_LIFT = 0.05 * CRITERION_BASE;

const atCriterion: MakeWorld = (unitsPerMs, base, random) =>
  independentUnits({ control: base, variant: base + CRITERION_LIFT }, unitsPerMs, random);

export const LIFTED = {
  fixed: (runs: number, seed: number) =>
    playMany({ bases: LIFTED_BASES, allocation: 'fixed', world: lifted }, runs, seed + 5000),
  thompson: (runs: number, seed: number) =>
    playMany({ bases: [0.7], allocation: 'thompson', world: lifted }, runs, seed + 6000),
  /** A winner must also be shown not to fail more often, by a point of 1 %. */
  errorsRequired: (runs: number, seed: number) =>
    playMany({ bases: [0.7], allocation: 'fixed', world: lifted, errorsRequired: true }, runs, seed + 7000),
  atCriterion: (runs: number, seed: number) =>
    playMany(
      { bases: [CRITERION_BASE], allocation: 'fixed', world: atCriterion, lift: CRITERION_LIFT },
      runs,
      seed + 13_000,
    ),
  /** So much traffic that the fixed size is there after one look, or after a third of one. */
  oneLook: (runs: number, seed: number) =>
    playMany({ bases: [0.7], allocation: 'fixed', world: lifted, looksToFixed: 1 }, runs, seed + 11_000),
  thirdOfALook: (runs: number, seed: number) =>
    playMany({ bases: [0.7], allocation: 'fixed', world: lifted, looksToFixed: 0.3 }, runs, seed + 12_000),
} as const;

export interface LiftFigures {
  /** Share in which the variant was proven better and not worse in anything that is guarded. */
  readonly power: number;
  /** Share that met the criteria of the service as well. */
  readonly adopted: number;
  readonly meanRatio: number;
  /** Of those found, what is reported above the true lift; null when none was. */
  readonly biasAtStop: number | null;
  /** Share in which the variant was declared worse. */
  readonly wrongSide: number;
  /** Share of the units that were given the variant. */
  readonly shareOfVariant: number;
}

export const liftFigures = (all: readonly Played[]): LiftFigures => {
  const found = all.filter(({ winner }) => winner);
  const reported = meanOf(found.map(({ difference }) => difference ?? 0));
  return {
    power: found.length / all.length,
    adopted: shareOf(all, ({ outcome }) => outcome === 'adopted'),
    meanRatio: meanOf(all.map(({ labels, nFix }) => labels / nFix))!,
    biasAtStop: reported === null ? null : reported - all[0]!.lift,
    wrongSide: shareOf(
      all,
      ({ declared, winner, difference }) => declared && !winner && (difference ?? 0) < 0,
    ),
    shareOfVariant: meanOf(all.map((one) => one.shareOfVariant))!,
  };
};

export const LIFT_HEAD = [
  `${'a lift of 5 points'.padEnd(32)}  n_fix    found  adopted  mean/n   bias,  to the`,
  `${''.padEnd(32)} per arm  at cap             n_fix  points variant`,
];

const points = (share: number | null): string =>
  share === null ? 'none' : `${share < 0 ? '' : '+'}${(share * 100).toFixed(1)}`;

export const liftRow = (title: string, all: readonly Played[]): string => {
  const { power, adopted, meanRatio, biasAtStop, shareOfVariant } = liftFigures(all);
  return [
    title.padEnd(32),
    (new Set(all.map(({ nFix }) => nFix)).size === 1 ? String(all[0]!.nFix) : '').padStart(7),
    pct(power).padStart(8),
    pct(adopted).padStart(8),
    meanRatio.toFixed(2).padStart(7),
    points(biasAtStop).padStart(7),
    pct(shareOfVariant, 0).padStart(7),
  ].join(' ');
};
