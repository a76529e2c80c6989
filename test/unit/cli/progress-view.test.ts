import { describe, expect, it } from 'vitest';
import { dryRunLine, guardrailLines, progressText } from '../../../src/cli/progress-view.ts';
import { GUARDRAILS, testVerdict } from '../../support/rollout.ts';

const NOW = 1_700_000_000_000;
const open = {
  guardrail: 'quality',
  labels: 143,
  of: 2_400,
  perHour: 376,
  expectedAtMs: NOW + 6 * 3_600_000,
  isTooLate: false,
} as const;

describe('how far a step is', () => {
  it.each([
    [open, '143 of about 2,400 labels, some 6h'],
    [
      { ...open, isTooLate: true },
      '143 of about 2,400 labels, some 6h, beyond the longest duration of the rollout',
    ],
    [{ ...open, expectedAtMs: NOW - 1 }, '143 of about 2,400 labels, due now'],
    [{ ...open, expectedAtMs: null }, '143 of about 2,400 labels, none arrives'],
    [{ ...open, of: null, expectedAtMs: null }, '143 labels, how many it takes cannot be told yet'],
  ])('%j', (progress, text) => {
    expect(progressText(progress, NOW)).toBe(text);
  });

  it('is told with margin, unit, direction and whether it decides', () => {
    expect(guardrailLines(GUARDRAILS, testVerdict('inconclusive'), [open], NOW)).toEqual([
      '  quality: at most a drop of 5 % (share 0 to 1, higher is better), required: inconclusive, 143 of about 2,400 labels, some 6h',
      '  cost: at most a rise of 10 % (USD per request, lower is better), advisory: inconclusive',
    ]);
  });
});

describe('a metric that is only shown', () => {
  const report = {
    name: 'groundedness',
    kind: 'bounded',
    direction: 'increase',
    values: { stable: 2_900, candidate: 340 },
    observed: { stable: 0.805, candidate: 0.812 },
    difference: { low: -0.0101, estimate: 0.007, high: 0.0241 },
    reason: 'no difference is told',
  } as const;

  it('has both means, the difference with its interval, and the counts', () => {
    expect(dryRunLine(report)).toBe(
      '  groundedness 0.812 vs 0.805, +0.007 (-0.0101 to +0.0241), higher is better: no difference is told; 340 and 2,900 values',
    );
  });

  it('says why there is no interval', () => {
    const few = {
      ...report,
      observed: { stable: 0.8, candidate: null },
      difference: null,
      reason: 'none yet',
    };
    expect(dryRunLine(few)).toBe(
      '  groundedness unknown vs 0.8, higher is better: none yet; 340 and 2,900 values',
    );
  });
});
