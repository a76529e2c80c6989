/** When the control of an experiment is known to do worse than before, from the totals of two looks. */
import { expect, it } from 'vitest';
import { controlFell } from '../../../activities/experiments/control-fell.ts';
import type { ArmTotals } from '../../../src/state/experiment/index.ts';

const totals = (requests: number, errors: number, labels = 0, good = 0): ArmTotals => ({
  exposures: requests,
  labels,
  requests,
  qualityMean: labels === 0 ? null : good / labels,
  errorRate: requests === 0 ? null : errors / requests,
  costUsdPerRequest: null,
  latencyP95Ms: null,
});
const BEFORE = totals(10_000, 100, 5_000, 4_000);

it.each<readonly [string, ArmTotals | undefined, ArmTotals, string | null]>([
  [
    'errors that rise far',
    BEFORE,
    totals(10_200, 190, 5_000, 4_000),
    'the control fails as well: 45 % in the newest look, 1 % before',
  ],
  [
    'answers that get worse',
    BEFORE,
    totals(10_200, 102, 5_100, 4_030),
    "the control's answers are worse as well: 70 % in the newest look, 20 % before not good",
  ],
  ['as it was', BEFORE, totals(10_200, 102, 5_100, 4_080), null],
  ['a little more, as chance has it', BEFORE, totals(10_200, 106, 5_100, 4_070), null],
  ['better than before', BEFORE, totals(10_200, 100, 5_100, 4_100), null],
  ['too few to tell', BEFORE, totals(10_020, 115, 5_020, 4_000), null],
  ['nothing new', BEFORE, BEFORE, null],
  ['the first look', undefined, BEFORE, null],
  ['nothing before', totals(0, 0), BEFORE, null],
])('%s', (_what, before, after, expected) => {
  expect(controlFell(before, after)).toBe(expected);
});
