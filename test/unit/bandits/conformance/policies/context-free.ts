/** The policies without context. */
import { topTwoThompson, t3c } from '../../../../../src/bandits/best-arm/top-two.ts';
import { betaThompson } from '../../../../../src/bandits/beta-thompson.ts';
import { decayedEpsilonGreedy, epsilonGreedy } from '../../../../../src/bandits/epsilon-greedy.ts';
import { gaussianThompson } from '../../../../../src/bandits/gaussian-thompson.ts';
import { normalGammaThompson } from '../../../../../src/bandits/normal-gamma-thompson.ts';
import { ucb1 } from '../../../../../src/bandits/ucb1.ts';
import { uniformRandom } from '../../../../../src/bandits/uniform-random.ts';
import { contextFreeCase } from '../policy-case.ts';

const bernoulli = { kind: 'bernoulli' } as const;
const gaussian = { kind: 'gaussian', sd: 0.5 } as const;

export const cases = [
  contextFreeCase(uniformRandom(), { learns: false }),
  contextFreeCase(epsilonGreedy({ epsilon: 0 }), { unplayedFirst: true, deterministic: true, learns: false }),
  contextFreeCase(epsilonGreedy({ epsilon: 0.1 })),
  contextFreeCase(epsilonGreedy({ epsilon: 0.1, discount: 0.99 }), { discounted: true }),
  contextFreeCase(decayedEpsilonGreedy({ c: 5 })),
  contextFreeCase(ucb1(), { unplayedFirst: true, deterministic: true }),
  contextFreeCase(ucb1({ c: 0.5, discount: 0.99 }), {
    unplayedFirst: true,
    deterministic: true,
    discounted: true,
  }),
  contextFreeCase(betaThompson(), { rewards: 'unit' }),
  contextFreeCase(betaThompson({ discount: 0.99 }), { rewards: 'unit', discounted: true }),
  contextFreeCase(gaussianThompson({ sd: 0.5 })),
  contextFreeCase(gaussianThompson({ sd: 0.5, discount: 0.99 }), { discounted: true }),
  contextFreeCase(normalGammaThompson()),
  contextFreeCase(t3c({ model: bernoulli, initialPlays: 1 }), { rewards: 'unit', unplayedFirst: true }),
  contextFreeCase(t3c({ model: gaussian }), {}),
  contextFreeCase(topTwoThompson({ model: bernoulli }), { rewards: 'unit' }),
  contextFreeCase(
    topTwoThompson({ model: gaussian, initialPlays: 1, redraws: 100, whenNoneWins: 'leader' }),
    {
      unplayedFirst: true,
    },
  ),
];
