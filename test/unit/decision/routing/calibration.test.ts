import { describe, expect, it } from 'vitest';
import { calibrationOf, type Prediction } from '../../../../src/decision/index.ts';
import { randomFromSeed } from '../../../../src/math/index.ts';

const scored = (predictions: readonly Prediction[]) => {
  const found = calibrationOf(predictions);
  if (!found.ok) throw new Error(found.reason);
  return found.value;
};

describe('calibration', () => {
  it('is what the formulas say', () => {
    const found = scored([
      { predicted: 0.9, outcome: 1 },
      { predicted: 0.2, outcome: 0 },
      { predicted: 0.7, outcome: 0 },
      { predicted: 0.5, outcome: 0.5 },
    ]);
    expect(found.n).toBe(4);
    expect(found.brier).toBeCloseTo((0.01 + 0.04 + 0.49 + 0) / 4, 14);
    expect(found.logLoss).toBeCloseTo(
      -(Math.log(0.9) + Math.log(0.8) + Math.log(0.3) + Math.log(0.5)) / 4,
      14,
    );
    // Each in a class of its own.
    expect(found.calibrationError).toBeCloseTo((0.1 + 0.2 + 0.7 + 0) / 4, 14);
    const rate = 0.375;
    const reference = ((1 - rate) ** 2 + 2 * rate ** 2 + (0.5 - rate) ** 2) / 4;
    expect(found.skill).toBeCloseTo(1 - 0.135 / reference, 12);
  });

  it('tells rates that can be believed from those that are too sure', () => {
    const random = randomFromSeed(1);
    const drawn = Array.from({ length: 20_000 }, () => {
      const rate = random.next();
      return { predicted: rate, outcome: random.next() < rate ? 1 : 0 };
    });
    const sure = drawn.map(({ predicted, outcome }) => ({
      predicted: predicted > 0.5 ? 0.95 : 0.05,
      outcome,
    }));
    expect(scored(drawn).calibrationError).toBeLessThan(0.02);
    expect(scored(sure).calibrationError).toBeGreaterThan(0.15);
    expect(scored(sure).logLoss).toBeGreaterThan(scored(drawn).logLoss);
    expect(scored(drawn).skill).toBeCloseTo(1 / 3, 1);
  });

  it('stays finite for a sure miss, has no skill where nothing varies, and is undefined for nothing', () => {
    expect(scored([{ predicted: 1, outcome: 0 }]).logLoss).toBeCloseTo(-Math.log(1e-15), 1);
    expect(scored([{ predicted: 0.3, outcome: 1 }]).skill).toBe(0);
    expect(calibrationOf([])).toEqual({ ok: false, reason: 'no predictions' });
  });
});
