/** The policies with a line per arm. */
import { linUcb } from '../../../../../src/bandits/linear/lin-ucb.ts';
import { linearEpsilonGreedy } from '../../../../../src/bandits/linear/linear-epsilon-greedy.ts';
import { linearThompson } from '../../../../../src/bandits/linear/linear-thompson.ts';
import { policyCase, type PolicyCase } from '../policy-case.ts';
import type { LinearPolicy } from '../../../../../src/bandits/linear/linear-policy.ts';

const linearCase = (
  policy: LinearPolicy,
  rest: Partial<Omit<PolicyCase, 'policy' | 'contextAt' | 'badContexts'>> = {},
): PolicyCase =>
  policyCase({
    policy,
    contextAt: (t) => [1, Math.sin(t), (t % 7) / 7],
    badContexts: [null, [], [1, 2], [1, 2, 3, 4], [1, Number.NaN, 0], [1, 0, Infinity], [1, 0, 1e12], 'x'],
    ...rest,
  });

export const cases = [
  linearCase(linUcb({ dimension: 3 }), { deterministic: true }),
  linearCase(linUcb({ dimension: 3, alpha: 0.5, lambda: 0.1, discount: 0.99 }), {
    deterministic: true,
    discounted: true,
  }),
  linearCase(linearThompson({ dimension: 3 })),
  linearCase(linearThompson({ dimension: 3, discount: 0.99 }), { discounted: true }),
  linearCase(linearEpsilonGreedy({ dimension: 3, epsilon: 0.1 })),
  linearCase(linearEpsilonGreedy({ dimension: 3, epsilon: 0.1, encoding: 'by hand', lambda: 2 })),
];
