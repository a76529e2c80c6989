/** A world of three models: `large` is right on nearly everything and dear, `small` is cheap and right on short requests only, `odd` is dear and poor. */
import type { RoutingOutcome } from '../../../../src/decision/index.ts';
import { randomFromSeed } from '../../../../src/math/index.ts';

export const ENCODING = 'features by hand';
export const MODELS = ['large', 'small', 'odd'];

const RATES: Readonly<Record<string, readonly [short: number, long: number]>> = {
  large: [0.9, 0.85],
  small: [0.9, 0.3],
  odd: [0.5, 0.5],
  newcomer: [0.9, 0.85],
};
const COSTS: Readonly<Record<string, number>> = { large: 0.01, small: 0.0005, odd: 0.012, newcomer: 0.001 };

/** One feature is the length, 0..1; requests above .5 are long. The other is noise. */
export const outcomesOf = (
  seed: number,
  queries: number,
  models: readonly string[] = MODELS,
  prefix = 'q',
): readonly RoutingOutcome[] => {
  const random = randomFromSeed(seed);
  return Array.from({ length: queries }, (_, i) => {
    const features = [random.next(), random.next()];
    // One draw of how hard the request is, so that models fail on the same ones.
    const difficulty = random.next();
    return models.map((model) => ({
      queryId: `${prefix}${i}`,
      features,
      model,
      quality: difficulty < RATES[model]![features[0]! > 0.5 ? 1 : 0] ? 1 : 0,
      costUsd: COSTS[model]! * (0.5 + features[0]!),
    }));
  }).flat();
};
