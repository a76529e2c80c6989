import { describe, expect, it } from 'vitest';
import { simulation as canary } from '../../simulation/named/canary.ts';
import { orderStatistic } from '../../simulation/simulation.ts';

describe('the canary simulation, few runs', () => {
  it('holds the targets of the design, and is the same for the same seed', async () => {
    const options = { runs: 60, seed: 3, onProgress: () => undefined };
    const { figures, table } = await canary.run(options);
    expect(figures['passed25']).toBeLessThanOrEqual(0.05);
    expect(figures['falseRollbackRate']).toBeLessThanOrEqual(0.02);
    expect(figures['promotedEqual']).toBeGreaterThanOrEqual(0.93);
    expect(table).toHaveLength(5);
    expect((await canary.run(options)).figures).toEqual(figures);
  });
  it('order statistics are the lower ones', () => {
    expect(orderStatistic([4, 1, 3, 2], 0.5)).toBe(2);
    expect(orderStatistic([], 0.5)).toBeNull();
  });
});
