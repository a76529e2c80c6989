/** What a way to choose models saved on requests that it has not seen, beside the incumbent on the same requests. */
import type { Query, RecordedQueries } from './data.ts';

/** A model, by place, for a request. */
export type Chooser = (query: Query) => number;

/** Of one split: share of the incumbent's cost saved, quality (0..1) more than the incumbent's, and the paired standard error of that. */
export interface HeldOut {
  readonly saved: number;
  readonly qualityDiff: number;
  readonly standardError: number;
}

export const evaluate = (
  queries: readonly Query[],
  { incumbent }: Pick<RecordedQueries, 'incumbent'>,
  choose: Chooser,
): HeldOut => {
  let [spent, before] = [0, 0];
  const gaps = queries.map((query) => {
    const [ours, theirs] = [query.answers[choose(query)]!, query.answers[incumbent]!];
    spent += ours.costUsd;
    before += theirs.costUsd;
    return ours.quality - theirs.quality;
  });
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const m2 = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0);
  const standardError = Math.sqrt(m2 / (gaps.length - 1) / gaps.length);
  return { saved: 1 - spent / before, qualityDiff: mean, standardError };
};

/** Over splits. Splits share requests, so `se` (of the mean over splits) tells of the splitting only; `sd` is what one split may be off by. */
export interface Summary {
  readonly saved: number;
  readonly savedSe: number;
  readonly qualityDiff: number;
  readonly qualityDiffSe: number;
  readonly qualityDiffSd: number;
  /** Share of the splits with less quality than the incumbent, and with so much less that a 95 % interval excludes none. */
  readonly lower: number;
  readonly clearlyLower: number;
}

const moments = (values: readonly number[]): readonly [mean: number, sd: number] => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const m2 = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return [mean, values.length < 2 ? 0 : Math.sqrt(m2 / (values.length - 1))];
};

export const summarise = (splits: readonly HeldOut[]): Summary => {
  const [saved, savedSd] = moments(splits.map((split) => split.saved));
  const [qualityDiff, qualityDiffSd] = moments(splits.map((split) => split.qualityDiff));
  const shareWhere = (is: (split: HeldOut) => boolean): number => splits.filter(is).length / splits.length;
  return {
    saved,
    savedSe: savedSd / Math.sqrt(splits.length),
    qualityDiff,
    qualityDiffSe: qualityDiffSd / Math.sqrt(splits.length),
    qualityDiffSd,
    lower: shareWhere((split) => split.qualityDiff < 0),
    clearlyLower: shareWhere((split) => split.qualityDiff + 1.96 * split.standardError < 0),
  };
};
