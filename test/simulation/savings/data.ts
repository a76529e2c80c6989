/** The recorded outcomes as requests with every model's answer, and seeded halves of them. Features are what is known before a request is answered. */
import { featuresV1 } from '../../../src/bandits/index.ts';
import type { RecordedAnswer } from '../../../src/decision/index.ts';
import type { Random } from '../../../src/math/index.ts';
import { loadRecordings } from '../../../src/replay/recordings.ts';

/** One request with the answer of every model, by its place in `Recorded.models`. */
export interface Query {
  readonly queryId: string;
  readonly taskType: string;
  readonly features: readonly number[];
  readonly answers: readonly RecordedAnswer[];
}

export interface RecordedQueries {
  readonly models: readonly string[];
  readonly incumbent: number;
  /** Id of the encoding of the features. */
  readonly encoding: string;
  readonly queries: readonly Query[];
}

export const INCUMBENT = 'gpt-4o-2024-05-13';

const TASK_TYPES = ['gsm', 'crux', 'math-l5'];

/** Both halves of the recordings, in the order of query ids. `withLength` false hides the length of the request from the features. */
export const loadQueries = (withLength = true): RecordedQueries => {
  const { evaluation, live } = loadRecordings();
  const models = Object.keys(evaluation);
  const answers = new Map(
    models.map((model) => [
      model,
      new Map([
        ...evaluation[model]!.map((answer) => [answer.queryId, answer] as const),
        ...live.get(model)!.entries(),
      ]),
    ]),
  );
  const encoding = featuresV1({ taskTypes: TASK_TYPES, regions: [], userTiers: [] });
  const ids = [...answers.get(INCUMBENT)!.keys()].sort();
  return {
    models,
    incumbent: models.indexOf(INCUMBENT),
    encoding: encoding.id,
    queries: ids.map((queryId) => {
      const all = models.map((model) => answers.get(model)!.get(queryId)!);
      const { taskType, inputTokens } = all[0]!;
      const features = encoding.encode({ taskType, inputTokens: withLength ? inputTokens : null });
      return { queryId, taskType, features, answers: all };
    }),
  };
};

/** The queries in a drawn order. */
export const shuffled = <T>(items: readonly T[], random: Random): readonly T[] => {
  const list = items.slice();
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1));
    [list[i], list[j]] = [list[j]!, list[i]!];
  }
  return list;
};
