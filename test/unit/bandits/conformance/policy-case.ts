/** What the conformance suite needs to know of a policy to try it. */
import type { BanditPolicy } from '../../../../src/bandits/policy.ts';

/** A policy under test; state and context are opaque to the suite. */
export interface PolicyCase {
  readonly policy: BanditPolicy<unknown, unknown>;
  /** The context of round t, counted from 0. The same t gives the same context. */
  readonly contextAt: (t: number) => unknown;
  /** Contexts that `choose` and `learn` must refuse by the name `context`. */
  readonly badContexts: readonly unknown[];
  /** Rewards it takes: anything finite, or only 0..1. */
  readonly rewards: 'finite' | 'unit';
  /** Plays every arm once, lowest first, before anything else. */
  readonly unplayedFirst: boolean;
  /** Does not touch `random`, and says a propensity of 1. */
  readonly deterministic: boolean;
  /** Plays the best arm more often as it learns. */
  readonly learns: boolean;
  /** Forgets, so that order matters and two shards are not one that saw both. */
  readonly discounted: boolean;
}

/** Types a case by its policy; what is left out is the usual. */
export const policyCase = <S, X>(
  one: {
    readonly policy: BanditPolicy<S, X>;
    readonly contextAt: (t: number) => X;
  } & Partial<Omit<PolicyCase, 'policy' | 'contextAt'>>,
): PolicyCase =>
  ({
    badContexts: [],
    rewards: 'finite',
    unplayedFirst: false,
    deterministic: false,
    learns: true,
    discounted: false,
    ...one,
  }) as unknown as PolicyCase;

/** A case of a policy without context. */
export const contextFreeCase = <S>(
  policy: BanditPolicy<S, null>,
  rest: Partial<Omit<PolicyCase, 'policy' | 'contextAt' | 'badContexts'>> = {},
): PolicyCase =>
  policyCase({ policy, contextAt: () => null, badContexts: [[], [1, 2], 'x', 0, undefined], ...rest });
