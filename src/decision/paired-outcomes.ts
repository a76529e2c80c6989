/**
 * Compares two models on the queries that both answered, so that neither is flattered by an easier set. It judges nothing.
 */

/** One recorded answer: quality 0..1, cost in USD per request. */
export interface RecordedAnswer {
  readonly queryId: string;
  readonly taskType: string;
  readonly quality: number;
  readonly costUsd: number;
}

/** Candidate minus incumbent over the paired queries. The interval is the normal one of the paired mean at 95 %, null below two pairs. */
export interface PairedComparison {
  readonly pairs: number;
  readonly qualityDifference: number;
  readonly interval: { readonly low: number; readonly high: number } | null;
  /** Mean cost of the candidate over that of the incumbent; null when the incumbent cost nothing. */
  readonly costRatio: number | null;
  /** The same difference within each task type, in the order of their names. */
  readonly byTaskType: readonly {
    readonly taskType: string;
    readonly pairs: number;
    readonly qualityDifference: number;
  }[];
}

/** Mean quality and cost over all of a model's answers, null without any. */
export interface Recorded {
  readonly answers: number;
  readonly quality: number;
  readonly costUsd: number;
}

/** Two-sided 95 % of the normal distribution. */
const Z = 1.959963984540054;

const sumOf = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((sum, item) => sum + of(item), 0);

/**
 * Checks a model's answers.
 * @throws RangeError naming `<name>[i].<field>` for a quality outside 0..1, a cost that is not a finite number from 0, and a query twice.
 */
export const requireAnswers = (name: string, answers: readonly RecordedAnswer[]): void => {
  const seen = new Set<string>();
  for (const [i, { queryId, quality, costUsd }] of answers.entries()) {
    const at = `${name}[${i}]`;
    if (!(quality >= 0 && quality <= 1))
      throw new RangeError(`${at}.quality must be from 0 to 1, got ${quality}`);
    if (!(costUsd >= 0 && costUsd < Infinity)) {
      throw new RangeError(`${at}.costUsd must be a finite number from 0, got ${costUsd}`);
    }
    if (seen.has(queryId)) throw new RangeError(`${at}.queryId must be there once, got ${queryId} again`);
    seen.add(queryId);
  }
};

/** Means over all answers of one model; null without any. @throws RangeError naming `answers` (see `requireAnswers`). */
export const recordedOf = (answers: readonly RecordedAnswer[]): Recorded | null => {
  requireAnswers('answers', answers);
  return answers.length === 0
    ? null
    : {
        answers: answers.length,
        quality: sumOf(answers, (a) => a.quality) / answers.length,
        costUsd: sumOf(answers, (a) => a.costUsd) / answers.length,
      };
};

interface Pair {
  readonly incumbent: RecordedAnswer;
  readonly candidate: RecordedAnswer;
}

const differenceIn = (pairs: readonly Pair[]): number =>
  sumOf(pairs, (p) => p.candidate.quality - p.incumbent.quality) / pairs.length;

/**
 * The comparison on the queries that both answered; null when there are none. The order of the answers does not matter.
 * @throws RangeError naming `incumbent` or `candidate` (see `requireAnswers`).
 */
export const comparePaired = (
  incumbent: readonly RecordedAnswer[],
  candidate: readonly RecordedAnswer[],
): PairedComparison | null => {
  requireAnswers('incumbent', incumbent);
  requireAnswers('candidate', candidate);
  const byQuery = new Map(candidate.map((answer) => [answer.queryId, answer]));
  const pairs = incumbent
    .flatMap((answer): Pair[] => {
      const other = byQuery.get(answer.queryId);
      return other === undefined ? [] : [{ incumbent: answer, candidate: other }];
    })
    .sort((a, b) => (a.incumbent.queryId < b.incumbent.queryId ? -1 : 1));
  if (pairs.length === 0) return null;
  const difference = differenceIn(pairs);
  const deviations = sumOf(pairs, (p) => (p.candidate.quality - p.incumbent.quality - difference) ** 2);
  const half = pairs.length < 2 ? null : Z * Math.sqrt(deviations / (pairs.length - 1) / pairs.length);
  const incumbentCost = sumOf(pairs, (p) => p.incumbent.costUsd);
  const taskTypes = [...new Set(pairs.map((p) => p.incumbent.taskType))].sort();
  return {
    pairs: pairs.length,
    qualityDifference: difference,
    interval: half === null ? null : { low: difference - half, high: difference + half },
    costRatio: incumbentCost > 0 ? sumOf(pairs, (p) => p.candidate.costUsd) / incumbentCost : null,
    byTaskType: taskTypes.map((taskType) => {
      const within = pairs.filter((p) => p.incumbent.taskType === taskType);
      return { taskType, pairs: within.length, qualityDifference: differenceIn(within) };
    }),
  };
};
