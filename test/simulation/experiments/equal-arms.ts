/** Experiments between equal arms, one scenario each: what is declared although there is nothing, and what is called broken although it is not. */
import { meanOf, pct, shareOf } from '../experiment-run.ts';
import { playMany, type MakeWorld, type Played } from './many.ts';
import { LOOK_MS } from './play.ts';
import { independentUnits, returningUsers, zipfUsers, type UsersWorld } from './world.ts';

const BASES = [0.1, 0.3, 0.5, 0.7, 0.8];
const USERS = { rate: 0.7, correlation: 0.2, users: 2000 } as const;

const equal: MakeWorld = (unitsPerMs, base, random) =>
  independentUnits({ control: base, variant: base }, unitsPerMs, random);

/** Something else answers every ten looks. */
const changing: MakeWorld = (unitsPerMs, base, random) =>
  independentUnits({ control: base, variant: base }, unitsPerMs, random, 10 * LOOK_MS);

const returning = (counting: Pick<UsersWorld, 'outcomes' | 'exposures'>): MakeWorld => {
  const draw = zipfUsers(USERS.users);
  return (requestsPerMs, _, random) => returningUsers({ ...USERS, ...counting, requestsPerMs, draw }, random);
};

interface EqualArms {
  readonly title: string;
  readonly play: (runs: number, seed: number) => readonly Played[];
}

/** Each with seeds of its own, so that they may run in any order. */
export const EQUAL_ARMS = {
  fixed: {
    title: 'fixed weights',
    play: (runs, seed) => playMany({ bases: BASES, allocation: 'fixed', world: equal }, runs, seed),
  },
  thompson: {
    title: 'Thompson, floor .05, every look',
    play: (runs, seed) => playMany({ bases: BASES, allocation: 'thompson', world: equal }, runs, seed + 1000),
  },
  clustered: {
    title: 'users that come back, each counted once',
    play: (runs, seed) => {
      const world = returning({ outcomes: 'unitFirst', exposures: 'unitFirst' });
      return playMany({ bases: [USERS.rate], allocation: 'fixed', world }, runs, seed + 2000);
    },
  },
  changing: {
    title: 'what answers changes every ten looks',
    play: (runs, seed) => playMany({ bases: BASES, allocation: 'fixed', world: changing }, runs, seed + 8000),
  },
  fixedHorizon: {
    title: 'a fixed horizon, judged once',
    play: (runs, seed) =>
      playMany(
        { bases: BASES, allocation: 'fixed', analysis: 'fixedHorizon', world: equal },
        runs,
        seed + 9000,
      ),
  },
  bayesian: {
    title: '  a posterior, looked at every time',
    play: (runs, seed) =>
      playMany(
        { bases: BASES, allocation: 'fixed', analysis: 'bayesian', world: equal },
        runs,
        seed + 10_000,
      ),
  },
  everyOutcome: {
    title: '  every outcome counted (not what we do)',
    play: (runs, seed) => {
      const world = returning({ outcomes: 'all', exposures: 'unitFirst' });
      return playMany({ bases: [USERS.rate], allocation: 'fixed', world }, runs, seed + 3000);
    },
  },
  everyExposure: {
    title: '  every exposure counted (not what we do)',
    play: (runs, seed) => {
      const world = returning({ outcomes: 'unitFirst', exposures: 'all' });
      return playMany({ bases: [USERS.rate], allocation: 'fixed', world }, runs, seed + 4000);
    },
  },
} as const satisfies Readonly<Record<string, EqualArms>>;

/** Shares of the experiments: `coverage` is that of intervals at the end which hold the truth, no difference. */
export interface EqualFigures {
  readonly declared: number;
  readonly broken: number;
  readonly harmed: number;
  readonly coverage: number;
}

export const equalFigures = (all: readonly Played[]): EqualFigures => ({
  declared: shareOf(all, (one) => one.declared),
  broken: shareOf(all, (one) => one.broken),
  harmed: shareOf(all, ({ outcome }) => outcome === 'harmed'),
  coverage: shareOf(
    all.filter(({ covers }) => covers !== null),
    ({ covers }) => covers!(0),
  ),
});

export const EQUAL_HEAD = `${'equal arms'.padEnd(46)} declared  broken    harm covered  looks`;

export const equalRow = (title: string, all: readonly Played[]): string => {
  const { declared, broken, harmed, coverage } = equalFigures(all);
  const shares = [declared, broken, harmed, coverage].map((share) => pct(share, 2).padStart(7));
  const looks = meanOf(all.map((one) => one.looks)) ?? 0;
  return [title.padEnd(46), ' ', ...shares, looks.toFixed(0).padStart(6)].join(' ');
};
