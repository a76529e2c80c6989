import { describe, expect, it } from 'vitest';
import { simulation as falseWinners } from '../../../simulation/named/false-winners.ts';
import { simulation as power } from '../../../simulation/named/power.ts';
import { simulation as sampleRatio } from '../../../simulation/named/sample-ratio.ts';

const options = (runs: number) => ({ runs, seed: 3, onProgress: () => undefined });

describe('the simulations of experiments, few runs', () => {
  it('equal arms are rarely told apart, and the naive rule shows that the harness can see it', async () => {
    const { figures, table } = await falseWinners.run(options(100));
    for (const name of ['ours', 'canaryRare', 'ramp']) expect(figures[name]).toBeLessThanOrEqual(0.06);
    expect(figures['naive']).toBeGreaterThan(0.2);
    expect(figures['naiveRamp']).toBe(1);
    expect(figures['asymptoticWelch']).toBeGreaterThan(figures['asymptoticMaxV']!);
    expect(figures['bettingSmallBlocks']).toBeLessThanOrEqual(0.1);
    expect(table).toHaveLength(8);
  }, 60_000);
  it('the same seed gives the same figures', async () => {
    const { figures } = await falseWinners.run(options(10));
    expect((await falseWinners.run(options(10))).figures).toEqual(figures);
  }, 60_000);
  it('a lift of five points is found by the cap, at little more than the fixed size', async () => {
    const { figures, table } = await power.run(options(200));
    expect(figures['power']).toBeGreaterThanOrEqual(0.76);
    expect(figures['meanRatio']).toBeLessThanOrEqual(1.45);
    expect(figures['fixedPower']).toBeGreaterThan(0.7);
    expect(figures['biasAtStop']).toBeGreaterThan(0);
    expect(figures['naiveBias']).toBeGreaterThan(figures['biasAtStop']!);
    expect(table).toHaveLength(8);
  }, 60_000);
  it('a sound split is left alone and a broken one is caught', async () => {
    const { figures } = await sampleRatio.run(options(60));
    expect(figures['falseFlags']).toBeLessThanOrEqual(0.02);
    expect(figures['caught']).toBeGreaterThanOrEqual(0.95);
    expect(figures['unitsMedian55']).toBeLessThan(figures['unitsMedian52']!);
  }, 60_000);
});
