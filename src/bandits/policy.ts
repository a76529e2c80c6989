/**
 * What a bandit policy is: pure functions over a state that is plain JSON. Nothing here draws, stores or asks the time by itself.
 * The same conformance suite runs over every policy (`test/unit/bandits/conformance`).
 */
import type { Random } from '../math/random.ts';

/** An arm and the probability with which it was drawn, given the state and context; null where only draws could tell (`allocation`). */
export interface Choice {
  readonly arm: number;
  readonly propensity: number | null;
}

/**
 * A policy over arms 0..arms-1. `S` survives JSON; `X` is the context: `null` for policies without one, a feature vector otherwise.
 * Ties break to the lowest arm. Rewards that are not finite, unknown arms and contexts of a wrong length are RangeErrors
 * that name `reward`, `arm` or `context`, and leave the state as it was.
 */
export interface BanditPolicy<S, X> {
  readonly name: string;
  /** The state before anything was learned. @throws RangeError naming `arms` (a whole number from 1). */
  readonly start: (arms: number) => S;
  /** How many arms a state knows. */
  readonly arms: (state: S) => number;
  /** Draws an arm. Deterministic policies do not touch `random`. */
  readonly choose: (state: S, context: X, random: Random) => Choice;
  /** The state after `reward` came back for `arm`. */
  readonly learn: (state: S, context: X, arm: number, reward: number) => S;
  /**
   * The state of two shards together, as if one had seen both (both started empty).
   * Under discounting order is lost: each shard's past counts as its own discount left it.
   * @throws RangeError naming `b` when the shards do not know the same arms.
   */
  readonly merge: (a: S, b: S) => S;
  /**
   * The exact probability of each arm, for policies that draw and know it in closed form. Left out where `choose` is deterministic
   * (its propensity is then 1) and where only draws can tell: `allocation` covers all three.
   */
  readonly shares?: (state: S, context: X) => readonly number[];
}
