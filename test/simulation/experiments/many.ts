/** Many experiments of one kind, one after the other from one seed, each reduced to what is read off it. */
import type { AllocationKind, AnalysisKind } from '../../../src/domain/experiment.ts';
import { randomFromSeed, type Random } from '../../../src/math/index.ts';
import { planFor, playExperiment } from './play.ts';
import { endedOf, type Ended } from './summary.ts';
import type { World } from './world.ts';

/** What every experiment is sized for: five points. */
export const LIFT = 0.05;

export type MakeWorld = (unitsPerMs: number, base: number, random: Random) => World;

export interface Kind {
  /** Taken in turn. */
  readonly bases: readonly number[];
  readonly allocation: AllocationKind;
  readonly world: MakeWorld;
  readonly analysis?: AnalysisKind;
  readonly errorsRequired?: boolean;
  readonly looksToFixed?: number;
  /** What it is sized for. */
  readonly lift?: number;
}

/** One experiment: `nFix` outcomes per arm is the size of the test that is looked at once. */
export interface Played extends Ended {
  readonly base: number;
  readonly nFix: number;
  readonly lift: number;
}

export const playMany = (
  {
    bases,
    allocation,
    world,
    analysis = 'anytime',
    errorsRequired = false,
    looksToFixed = 20,
    lift = LIFT,
  }: Kind,
  runs: number,
  seed: number,
): readonly Played[] => {
  const random = randomFromSeed(seed);
  const plans = bases.map((base) => ({
    base,
    ...planFor({ base, lift, allocation, analysis, errorsRequired, looksToFixed }),
  }));
  return Array.from({ length: runs }, (_, i) => {
    const { base, plan, unitsPerMs } = plans[i % plans.length]!;
    const ended = endedOf(playExperiment(plan, world(unitsPerMs, base, random)));
    return { ...ended, base, nFix: plan.sizing.nFixPerArm, lift };
  });
};
