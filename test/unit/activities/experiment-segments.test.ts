import { expect, it } from 'vitest';
import { segmentsOf } from '../../../activities/experiments/segments.ts';
import type { ActivityPorts } from '../../../activities/ports.ts';
import { experimentAdmitted } from '../../support/experiment.ts';

const sums = (n: number, mean: number) => ({ n, sum: n * mean, sumOfSquares: n * mean });

const ports: Pick<ActivityPorts, 'experimentWindows'> = {
  experimentWindows: {
    experimentWindows: () => Promise.reject(new Error('not asked here')),
    experimentScores: () => Promise.reject(new Error('not asked here')),
    prePeriod: () => Promise.reject(new Error('not asked here')),
    experimentSegments: () =>
      Promise.resolve([{ segment: 'general', arms: { control: sums(500, 0.7), concise: sums(500, 0.7) } }]),
  },
};

const afterStages = (no: number) => {
  const state = experimentAdmitted();
  const stage = { no, asked: 0, weights: state.plan.allocation.weights };
  return { ...state, evidence: { ...state.evidence, stage } };
};

it('segments are explored where weights and what answers never changed', async () => {
  expect((await segmentsOf(ports, afterStages(0))).taskType.kind).toBe('found');
});

it('after a change segments are left out, with the reason: their sums are over both sides of it', async () => {
  const { taskType, region } = await segmentsOf(ports, afterStages(1));
  expect(taskType).toEqual({
    kind: 'left',
    why: 'weights or what answers changed, and segments are summed over both sides of the change',
  });
  expect(region).toEqual(taskType);
});
