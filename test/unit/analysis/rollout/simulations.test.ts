import { describe, expect, it } from 'vitest';
import { simulation } from '../../../simulation/named/guardrails.ts';
import { drawLatencies, lognormalTable, recordedTable, slower } from '../../../simulation/latency-table.ts';
import { quantile, randomFromSeed } from '../../../../src/math/index.ts';

describe('the simulation of the guardrails, few runs', () => {
  it('takes back what harms, lets equal candidates through, and shows what other rules do', async () => {
    const { figures, table } = await simulation.run({ runs: 12, seed: 5, onProgress: () => undefined });
    expect(figures).toMatchObject({
      runs: 12,
      equalRolledBack: 0,
      equalPromoted: 1,
      tailRolledBack: 1,
      tailRecordedRolledBack: 1,
      tailPassed50: 0,
      errorsTwoPctRolledBack: 1,
      errorsPassed50: 0,
      errorsWithinRolledBack: 0,
    });
    expect(figures['heavyCostPassed5Asked100']).toBeGreaterThan(figures['heavyCostPassed5Asked1000']!);
    expect(figures['equalNaiveRolledBack']).toBeGreaterThan(0.2);
    expect(figures['equalPointRolledBack']).toBeGreaterThan(0.2);
    expect(table.every((line) => !line.includes('NaN'))).toBe(true);
  });
});

describe('latencies to draw from', () => {
  it('have the p95 they say, also when they are slower', () => {
    const random = randomFromSeed(8);
    const recorded = recordedTable(Array.from({ length: 1000 }, (_, i) => 500 + i));
    for (const table of [lognormalTable(900, 0.6), recorded, slower(recorded, 1.5)]) {
      const { sketch, count } = drawLatencies(table, 40_000, random);
      expect(count).toBe(40_000);
      expect(quantile(sketch!, 0.95)! / table.p95).toBeCloseTo(1, 1);
    }
    expect(slower(recorded, 1.5).p95).toBe(recorded.p95 * 1.5);
  });
});
