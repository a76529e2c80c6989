/** Which stretches of exposure time a look folds: within one allocation each, whole blocks at the end, nothing twice. */
import { describe, expect, it } from 'vitest';
import { maturedToMs, stretchesOf, windowsOf } from '../../../activities/experiments/stretches.ts';
import type { ExperimentStretch } from '../../../src/ports/experiments.ts';
import type { AllocationPeriod } from '../../../src/state/experiment/index.ts';
import { ExperimentPlay } from '../../support/experiment-run.ts';
import { experimentAdmitted } from '../../support/experiment.ts';

const period = (fromMs: number, toMs: number | null): AllocationPeriod => ({
  fromMs,
  toMs,
  exposedPct: 100,
  weights: { control: 0.5, concise: 0.25, clear: 0.25 },
  why: 'as planned',
});

describe('the stretches of a look', () => {
  it.each([
    ['one period goes on', [period(100, null)], 0, 500, [[100, 500]]],
    ['from where the last look ended', [period(100, null)], 300, 500, [[300, 500]]],
    [
      'each allocation by itself, and what lies between two writes to neither',
      [period(100, 200), period(250, null)],
      0,
      500,
      [
        [100, 200],
        [250, 500],
      ],
    ],
    [
      'a period that was folded in is not folded again',
      [period(100, 200), period(250, null)],
      400,
      500,
      [[400, 500]],
    ],
    ['nothing of a pause', [period(100, 200)], 200, 500, []],
    ['nothing while nothing has matured', [period(600, null)], 0, 500, []],
  ] as const)('%s', (_name, periods, foldedToMs, toMs, expected) => {
    expect(stretchesOf({ periods, foldedToMs }, toMs).map(({ fromMs, toMs: end }) => [fromMs, end])).toEqual(
      expected,
    );
  });

  it('end with the last whole block that has matured, and never before the last look', () => {
    const { plan } = experimentAdmitted({ blockMs: 60_000, matureAfterMs: 90_000 });
    expect(maturedToMs({ plan, foldedToMs: 0 }, 600_000)).toBe(480_000);
    expect(maturedToMs({ plan, foldedToMs: 540_000 }, 600_000)).toBe(540_000);
  });

  it.each([
    ['in the blocks of the plan', 60_000, 300_000, 60_000],
    ['in longer ones after an outage', 60_000, 7_200_000, 120_000],
    ['in one, by a plan from before', undefined, 300_000, null],
  ] as const)('are read %s', async (_, foldMs, toMs, expected) => {
    const { plan } = experimentAdmitted({});
    const asked: ExperimentStretch[] = [];
    const experimentWindows = {
      experimentWindows: async (stretch: ExperimentStretch) => {
        asked.push(stretch);
        return [0, 1, 2].map((i) => ({ fromMs: i * 100, toMs: i === 2 ? 200 : (i + 1) * 100, arms: {} }));
      },
      experimentScores: async () => [],
    };
    const stretches = stretchesOf({ periods: [period(0, null)], foldedToMs: 0 }, toMs);
    const found = await windowsOf({ experimentWindows }, { ...plan, ...(foldMs && { foldMs }) }, stretches);
    expect(asked.map(({ pieceMs }) => pieceMs)).toEqual([expected]);
    expect(found.map(({ window }) => window.toMs)).toEqual([100, 200]);
  });

  it('are read under the generation that they were served under, also when the lease was taken anew since', async () => {
    const play = new ExperimentPlay(experimentAdmitted()).until((_, { state }) => state.served === 'yes');
    play.happens({ kind: 'leaseRetaken', atMs: play.nowMs + 60_000, generation: 3 });
    play.nowMs += 120_000;
    play.until((_, { state }) => state.served === 'yes');
    const { state, nowMs } = play;
    const asked: number[] = [];
    const experimentWindows = {
      experimentWindows: async ({ generation }: ExperimentStretch) => {
        asked.push(generation);
        return [];
      },
      experimentScores: async () => [],
    };
    await windowsOf({ experimentWindows }, state.plan, stretchesOf(state, nowMs + 60_000));
    expect(asked).toEqual([2, 3]);
  });
});
