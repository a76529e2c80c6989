/** All ways to choose on seeded halves of the recordings: learned on one half, told of the other. */
import type { Calibration } from '../../../src/decision/index.ts';
import { randomFromSeed, type Random } from '../../../src/math/index.ts';
import type { SimulationOptions } from '../simulation.ts';
import { loadQueries, shuffled, type Query, type RecordedQueries } from './data.ts';
import { evaluate, type HeldOut } from './held-out.ts';
import { fromTheBest } from './known.ts';
import { routedBy, trainedRouter } from './learned-router.ts';
import { learnOnline, LEARNERS } from './online-bandits.ts';
import { oracle, perTaskChoice, staticChoice } from './tables.ts';

/** What every method came to on the held-out half; `...Online` is what was earned on the training half while it was learned. */
export interface Split {
  readonly heldOut: Readonly<Record<string, HeldOut>>;
  readonly calibration: Calibration;
}

/** Neighbouring seeds begin alike, so the first numbers are thrown away. */
export const streamOf = (seed: number): Random => {
  const random = randomFromSeed(seed);
  for (let i = 0; i < 32; i++) random.next();
  return random;
};

const banditsOn = (
  train: readonly Query[],
  test: readonly Query[],
  recorded: RecordedQueries,
  random: Random,
): Readonly<Record<string, HeldOut>> =>
  Object.fromEntries(
    Object.entries(LEARNERS).flatMap(([name, settings]) => {
      const { played, frozen, tenPasses } = learnOnline(train, recorded, settings, random);
      return [
        [name, evaluate(test, recorded, frozen)],
        [`${name}TenPasses`, evaluate(test, recorded, tenPasses)],
        [`${name}Online`, evaluate(train, recorded, played)],
      ] as const;
    }),
  );

const split = (recorded: RecordedQueries, lengthless: ReadonlyMap<string, Query>, random: Random): Split => {
  const order = shuffled(recorded.queries, random);
  const half = Math.floor(order.length / 2);
  const [train, test] = [order.slice(0, half), order.slice(half)];
  const router = trainedRouter(train, recorded, random);
  const blind = trainedRouter(
    train.map(({ queryId }) => lengthless.get(queryId)!),
    recorded,
    random,
  );
  const byBlind = routedBy(blind, recorded);
  const best = fromTheBest({ ...recorded, queries: train });
  return {
    calibration: router.calibration,
    heldOut: {
      static: evaluate(test, recorded, staticChoice(train, recorded)),
      perTask: evaluate(test, recorded, perTaskChoice(train, recorded)),
      router: evaluate(test, recorded, routedBy(router, recorded)),
      routerByTask: evaluate(test, recorded, (query) => byBlind(lengthless.get(query.queryId)!)),
      ...banditsOn(train, test, recorded, random),
      oracle: evaluate(test, recorded, oracle),
      perTaskOfBest: evaluate(test, best, perTaskChoice(train, best)),
    },
  };
};

export const runSplits = ({ runs, seed, onProgress }: SimulationOptions): readonly Split[] => {
  const recorded = loadQueries();
  const lengthless = new Map(loadQueries(false).queries.map((query) => [query.queryId, query]));
  return Array.from({ length: runs }, (_, i) => {
    const from = performance.now();
    const done = split(recorded, lengthless, streamOf(1000 * seed + i));
    onProgress(`split ${i + 1} of ${runs}: ${((performance.now() - from) / 1000).toFixed(1)} s`);
    return done;
  });
};
