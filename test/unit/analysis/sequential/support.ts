/** Experiments and blocks for the tests: control a, variants b, c, ...; metric "quality" unless said otherwise. */
import {
  foldExperimentBlock,
  startExperiment,
  type ExperimentBlock,
  type ExperimentDesignInput,
  type ExperimentState,
  type MetricBlock,
} from '../../../../src/analysis/index.ts';
import { randomFromSeed, sampleBinomial, type Random } from '../../../../src/math/index.ts';

export const quality = { id: 'quality', kind: 'proportion', direction: 'increase' } as const;
export const errors = { id: 'errors', kind: 'proportion', direction: 'decrease' } as const;
export const score = { id: 'score', kind: 'score', direction: 'increase' } as const;
export const cost = { id: 'cost', kind: 'mean', direction: 'decrease', scale: { kind: 'raw' } } as const;
export const slow = { id: 'slow', kind: 'tail', direction: 'decrease', frozen: 900 } as const;

export const design = (over: Partial<ExperimentDesignInput> = {}): ExperimentDesignInput => ({
  control: 'a',
  variants: ['b'],
  primary: quality,
  nFixPerArm: 1000,
  ...over,
});

export const started = (over: Partial<ExperimentDesignInput> = {}): ExperimentState =>
  startExperiment(design(over));

/** Successes of n trials. */
export const of = (n: number, successes: number): MetricBlock => ({ kind: 'proportion', n, successes });

/** A block with equal weights, of the metrics given per arm. */
export const block = (
  no: number,
  arms: ExperimentBlock['arms'],
  over: Partial<ExperimentBlock> = {},
): ExperimentBlock => ({
  no,
  weights: Object.fromEntries(Object.keys(arms).map((arm) => [arm, 1])),
  arms,
  ...over,
});

/** Blocks 1.. of 100 outcomes per arm of a rate, folded one after the other. */
export const foldRates = (
  state: ExperimentState,
  blocks: number,
  rates: Readonly<Record<string, number>>,
  random: Random = randomFromSeed(1),
  metric: string = 'quality',
): ExperimentState => {
  let folded = state;
  const first = (state.lastBlockNo ?? 0) + 1;
  for (let no = first; no < first + blocks; no++) {
    const arms = Object.fromEntries(
      Object.entries(rates).map(([arm, p]) => [arm, { [metric]: of(100, sampleBinomial(100, p, random)) }]),
    );
    folded = foldExperimentBlock(folded, block(no, arms));
  }
  return folded;
};
