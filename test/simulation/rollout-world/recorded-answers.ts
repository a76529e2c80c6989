/**
 * Answers as they were recorded: queries of the live half, each with what a model made of it. Draws which query is asked and how long it took; invents
 * no outcome. A worse candidate answers a share of its queries as a weaker recorded model did, so that its drop is exactly the one asked for.
 */
import { loadRecordings, type RecordedLatency } from '../../../src/replay/recordings.ts';
import type { Arm } from '../../../src/domain/window.ts';

/** The embedded run's incumbent and candidate: .8160 and .8172 on the live half, the candidate a third cheaper. */
const INCUMBENT = 'gpt-4o-2024-05-13';
const CANDIDATE = 'gpt-4o-2024-08-06';
/** The weaker recorded model that a worse candidate falls back to: .6017. */
const WEAK = 'claude-3-haiku-20240307';

export interface Outcome {
  readonly quality: number;
  readonly latencyMs: number;
  readonly costUsd: number;
}

export interface RecordedAnswers {
  readonly queries: number;
  /** Number of a query; `hardShare` (0 to 1) is the share of competition mathematics among them, as recorded when left out. */
  query(next: () => number, hardShare?: number): number;
  answer(arm: Arm, query: number, next: () => number): Outcome;
}

const HARD_TASK = 'math-l5';

/** @param drop by how much the candidate's quality is below the incumbent's, relative, from 0; 0 is the recorded candidate as it is. */
export const recordedAnswers = (drop: number): RecordedAnswers => {
  const recordings = loadRecordings();
  const rowsOf = (model: string) => {
    const rows = [...(recordings.live.get(model)?.values() ?? [])].toSorted((a, b) =>
      a.queryId < b.queryId ? -1 : 1,
    );
    if (rows.length === 0) throw new RangeError(`${model} was not recorded`);
    return rows;
  };
  const [incumbent, candidate, weak] = [rowsOf(INCUMBENT), rowsOf(CANDIDATE), rowsOf(WEAK)];
  const mean = (rows: typeof weak): number =>
    rows.reduce((sum, { quality }) => sum + quality, 0) / rows.length;
  const wanted = (1 - drop) * mean(incumbent);
  const weakShare = drop === 0 ? 0 : (mean(candidate) - wanted) / (mean(candidate) - mean(weak));
  const numbers = incumbent.map((_, no) => no);
  const hard = numbers.filter((no) => incumbent[no]!.taskType === HARD_TASK);
  const easy = numbers.filter((no) => incumbent[no]!.taskType !== HARD_TASK);
  const [latencies, candidateLatencies] = [
    recordings.latenciesOf(INCUMBENT),
    recordings.latenciesOf(CANDIDATE),
  ];
  const pick = <T>(of: readonly T[], next: () => number): T => of[Math.floor(next() * of.length)]!;
  const latency = (of: readonly RecordedLatency[], next: () => number): number => pick(of, next).latencyMs;
  return {
    queries: incumbent.length,
    query: (next, hardShare) =>
      hardShare === undefined
        ? Math.floor(next() * incumbent.length)
        : pick(next() < hardShare ? hard : easy, next),
    answer: (arm, query, next) => {
      if (arm === 'stable') {
        const { quality, costUsd } = incumbent[query]!;
        return { quality, costUsd, latencyMs: latency(latencies, next) };
      }
      const { quality, costUsd } = (weakShare > 0 && next() < weakShare ? weak : candidate)[query]!;
      return { quality, costUsd, latencyMs: latency(candidateLatencies, next) };
    },
  };
};
