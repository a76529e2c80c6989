/**
 * One experiment: blocks of drawn outcomes, folded and judged at each block by the functions that judge real ones (`startExperiment`,
 * `foldExperimentBlock`, `judgeExperiment`), beside rules that peek at the same outcomes. Each ends at its own first conclusion.
 */
import {
  foldExperimentBlock,
  judgeExperiment,
  type ExperimentBlock,
  type ExperimentState,
  type ExperimentVerdict,
} from '../../src/analysis/index.ts';

/** A rule to compare with: sees each block, and says which side it would declare better (0: none yet). */
export interface PeekingRule {
  readonly look: (block: ExperimentBlock) => number;
  /** The difference that it would report now. */
  readonly difference: () => number;
}

/** The side that a rule declared better (0: none), and the difference and block at that moment. */
export interface RuleRun {
  readonly side: number;
  readonly difference: number | null;
  readonly block: number | null;
}

/** What came of it: ours as judged at its end, and each rule. `labels` are outcomes per arm when ours ended. */
export interface ExperimentRun {
  readonly outcome: ExperimentVerdict['outcome'];
  readonly variant: string | null;
  readonly difference: number | null;
  readonly labels: number;
  readonly rules: readonly RuleRun[];
}

export interface ExperimentSetting {
  readonly start: ExperimentState;
  readonly looks: number;
  /** Draws block `no`, from 1. */
  readonly draw: (no: number) => ExperimentBlock;
  readonly rules?: readonly PeekingRule[];
}

const labelsOf = ({ variants }: ExperimentState): number =>
  Math.max(...variants.map(({ primary }) => Math.min(primary.labels.control, primary.labels.variant)));

export const runExperiment = ({ start, looks, draw, rules = [] }: ExperimentSetting): ExperimentRun => {
  let state = start;
  let verdict = judgeExperiment(state);
  const ends: RuleRun[] = rules.map(() => ({ side: 0, difference: null, block: null }));
  for (let no = 1; no <= looks; no++) {
    if (verdict.outcome !== 'running' && ends.every(({ side }) => side !== 0)) break;
    const block = draw(no);
    rules.forEach((rule, i) => {
      if (ends[i]!.side !== 0) return;
      const side = rule.look(block);
      if (side !== 0) ends[i] = { side, difference: rule.difference(), block: no };
    });
    if (verdict.outcome === 'running') {
      state = foldExperimentBlock(state, block);
      verdict = judgeExperiment(state);
    }
  }
  const { outcome, variant, perVariant } = verdict;
  const about = perVariant.find((look) => look.variant === variant) ?? perVariant[0]!;
  return { outcome, variant, difference: about.observed.difference, labels: labelsOf(state), rules: ends };
};

/** Whether ours declared a difference, in either direction. */
export const foundDifference = ({ outcome }: ExperimentRun): boolean =>
  outcome === 'winner' || outcome === 'controlBetter';

export const shareOf = <T>(all: readonly T[], test: (one: T) => boolean): number =>
  all.filter(test).length / all.length;

export const meanOf = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;

export const pct = (share: number | null, digits = 1): string =>
  share === null ? 'none' : `${(share * 100).toFixed(digits)} %`;
