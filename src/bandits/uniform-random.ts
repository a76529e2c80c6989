/** Every arm alike: the baseline that learns nothing, and the cleanest log there is. */
import { totalsPolicy, type TotalsPolicy } from './totals-policy.ts';

export const uniformRandom = (): TotalsPolicy =>
  totalsPolicy({
    name: 'uniform',
    choose: (arms, random) => ({
      arm: Math.floor(random.next() * arms.length),
      propensity: 1 / arms.length,
    }),
    shares: (arms) => arms.map(() => 1 / arms.length),
  });
