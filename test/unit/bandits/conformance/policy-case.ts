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

/** The same policy with its types forgotten: the suite gives it back only what came from it. */
const erased = <S, X>(policy: BanditPolicy<S, X>): BanditPolicy<unknown, unknown> => {
  const { shares } = policy;
  return {
    name: policy.name,
    start: policy.start,
    arms: (state) => policy.arms(state as S),
    choose: (state, context, random) => policy.choose(state as S, context as X, random),
    learn: (state, context, arm, reward) => policy.learn(state as S, context as X, arm, reward),
    merge: (a, b) => policy.merge(a as S, b as S),
    ...(shares && { shares: (state: unknown, context: unknown) => shares(state as S, context as X) }),
  };
};

/** Types a case by its policy; what is left out is the usual. */
export const policyCase = <S, X>({
  policy,
  ...one
}: {
  readonly policy: BanditPolicy<S, X>;
  readonly contextAt: (t: number) => X;
} & Partial<Omit<PolicyCase, 'policy' | 'contextAt'>>): PolicyCase => ({
  badContexts: [],
  rewards: 'finite',
  unplayedFirst: false,
  deterministic: false,
  learns: true,
  discounted: false,
  policy: erased(policy),
  ...one,
});

/** A case of a policy without context. */
export const contextFreeCase = <S>(
  policy: BanditPolicy<S, null>,
  rest: Partial<Omit<PolicyCase, 'policy' | 'contextAt' | 'badContexts'>> = {},
): PolicyCase =>
  policyCase({ policy, contextAt: () => null, badContexts: [[], [1, 2], 'x', 0, undefined], ...rest });
