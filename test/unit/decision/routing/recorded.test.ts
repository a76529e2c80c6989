import { describe, expect, it } from 'vitest';
import { randomFromSeed } from '../../../../src/math/index.ts';
import { loadQueries, shuffled } from '../../../simulation/savings/data.ts';
import { evaluate } from '../../../simulation/savings/held-out.ts';
import { routedBy, trainedRouter } from '../../../simulation/savings/learned-router.ts';
import { oracle, perTaskChoice, staticChoice } from '../../../simulation/savings/tables.ts';

describe('on the recorded answers, held out from training', () => {
  const recorded = loadQueries();
  const order = shuffled(recorded.queries, randomFromSeed(11));
  const [train, test] = [order.slice(0, 860), order.slice(860)];
  const heldOut = (choose: Parameters<typeof evaluate>[2]) => evaluate(test, recorded, choose);

  it('the router saves more than the best static choice, and loses no quality that could be told from noise', () => {
    const router = trainedRouter(train, recorded, randomFromSeed(1));
    const found = heldOut(routedBy(router, recorded));
    const fixed = heldOut(staticChoice(train, recorded));
    expect(found.saved).toBeGreaterThan(fixed.saved + 0.1);
    expect(found.saved).toBeLessThan(heldOut(oracle).saved);
    expect(found.qualityDiff).toBeGreaterThan(-1.96 * found.standardError);
    expect(router.calibration.calibrationError).toBeLessThan(0.03);
    expect(router.calibration.brier).toBeLessThan(0.15);
    // What is kept of it fits a row of a table.
    expect(JSON.stringify(router).length).toBeLessThan(400_000);
  });

  it('the tables and the oracle are what they are said to be', () => {
    const types = new Map(
      ['gsm', 'crux', 'math-l5'].map((type) => [type, test.find((it) => it.taskType === type)!]),
    );
    const byTask = perTaskChoice(train, recorded);
    for (const query of test) expect(byTask(query)).toBe(byTask(types.get(query.taskType)!));
    expect(evaluate(test, recorded, () => recorded.incumbent)).toEqual({
      saved: 0,
      qualityDiff: 0,
      standardError: 0,
    });
    for (const query of test.slice(0, 200)) {
      const chosen = query.answers[oracle(query)]!;
      for (const { quality, costUsd } of query.answers) {
        expect(quality < chosen.quality || (quality === chosen.quality && costUsd >= chosen.costUsd)).toBe(
          true,
        );
      }
    }
  });
});
