/** The golden file `bandit_regret`: worlds, and what policies lose in them. */
import { readFileSync } from 'node:fs';
import { parseGolden } from '../../golden/load.ts';
import type { WorldSpec } from './worlds.ts';

/** Mean regret and its standard error after each checkpoint, over `runs` worlds. */
export interface RegretReference {
  readonly checkpoints: readonly number[];
  readonly mean: readonly number[];
  readonly se: readonly number[];
  /** Of the first twenty seeds, for policies that draw nothing. */
  readonly exact_final_regret_first_20_seeds?: readonly number[];
}

/** Mean plays until a stopping rule fires, and how often the arm named then was wrong or none was. */
export interface StopReference {
  readonly mean_samples: number;
  readonly error_rate: number | null;
  readonly unresolved: number;
}

export interface BestArmReference {
  readonly glr: StopReference;
  readonly posterior_0_95: StopReference;
}

export interface BestArmSpec {
  readonly p: readonly number[];
  readonly delta: number;
  readonly max: number;
}

export interface References {
  /** `1000..1199 (environment)`. */
  readonly seeds: string;
  readonly envs: Readonly<Record<string, WorldSpec | BestArmSpec>>;
  readonly results: Readonly<Record<string, Readonly<Record<string, RegretReference | BestArmReference>>>>;
}

export const isRegret = (it: RegretReference | BestArmReference): it is RegretReference => 'mean' in it;
export const isWorld = (it: WorldSpec | BestArmSpec): it is WorldSpec => 'T' in it;

/** The first world's seed; the others follow it. */
export const firstSeed = ({ seeds }: References): number => Number.parseInt(seeds, 10);

export const loadReferences = (): References =>
  parseGolden(
    readFileSync(new URL('../../golden/bandit_regret.json', import.meta.url), 'utf8'),
  ) as References;
