/** The same figures in the form in which others have told them of these recordings, to see whether we read them alike. */
import { betaThompson, type TotalsState } from '../../../src/bandits/index.ts';
import type { Random } from '../../../src/math/index.ts';
import type { Query, RecordedQueries } from './data.ts';
import { evaluate, type HeldOut } from './held-out.ts';
import { perTaskChoice, staticChoice } from './tables.ts';

/** Chosen on all requests and told of the same ones: flattered, and told as such elsewhere. */
export const inSample = (
  recorded: RecordedQueries,
): { readonly static: HeldOut; readonly perTask: HeldOut } => ({
  static: evaluate(recorded.queries, recorded, staticChoice(recorded.queries, recorded)),
  perTask: evaluate(recorded.queries, recorded, perTaskChoice(recorded.queries, recorded)),
});

/** The recordings with their best single model as the incumbent. */
export const fromTheBest = (recorded: RecordedQueries): RecordedQueries => {
  const means = recorded.models.map((_, k) =>
    recorded.queries.reduce((sum, { answers }) => sum + answers[k]!.quality, 0),
  );
  return { ...recorded, incumbent: means.indexOf(Math.max(...means)) };
};

/**
 * Share of the gap in quality between random play and the best model per task type that Thompson sampling per task type closes while it
 * learns, over requests drawn with replacement.
 */
export const gapClosed = ({ models, queries }: RecordedQueries, requests: number, random: Random): number => {
  const types = [...new Set(queries.map(({ taskType }) => taskType))];
  const meanOf = (type: string, k: number): number => {
    const own = queries.filter(({ taskType }) => taskType === type);
    return own.reduce((sum, { answers }) => sum + answers[k]!.quality, 0) / own.length;
  };
  const means = new Map(types.map((type) => [type, models.map((_, k) => meanOf(type, k))]));
  const policy = betaThompson();
  const states = new Map<string, TotalsState>(types.map((type) => [type, policy.start(models.length)]));
  let [earned, byChance, best] = [0, 0, 0];
  for (let t = 0; t < requests; t++) {
    const query: Query = queries[Math.floor(random.next() * queries.length)]!;
    const state = states.get(query.taskType)!;
    const { arm } = policy.choose(state, null, random);
    states.set(query.taskType, policy.learn(state, null, arm, query.answers[arm]!.quality));
    const here = means.get(query.taskType)!;
    earned += here[arm]!;
    byChance += here.reduce((sum, mean) => sum + mean, 0) / here.length;
    best += Math.max(...here);
  }
  return (earned - byChance) / (best - byChance);
};
