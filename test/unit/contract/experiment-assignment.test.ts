import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignExperiment, type AssignedBy } from '../../../src/contract/experiment-assignment.ts';
import { unitInterval } from '../../../src/contract/assignment.ts';

interface Vector {
  readonly about: string;
  readonly service_id: string;
  readonly unit_id: string;
  readonly experiment: AssignedBy;
  readonly exposure: number;
  readonly arm_position: number;
  readonly kind: string;
  readonly arm: string | null;
}

const FILE = new URL('../../../src/contract/experiment-assignment-vectors.json', import.meta.url);
const { vectors } = JSON.parse(readFileSync(FILE, 'utf8')) as { readonly vectors: readonly Vector[] };

const SERVICE = 'support-bot';
const armsOf = (...weights: readonly number[]) => weights.map((weight, i) => ({ id: `arm-${i}`, weight }));
const experiment = (exposed_pct: number, ...weights: readonly number[]): AssignedBy => ({
  salt: 'salt',
  exposed_pct,
  arms: armsOf(...weights),
});
const units = Array.from({ length: 4_000 }, (_, i) => `user-${i}`);
const armOf = (by: AssignedBy, unit: string): string | null => {
  const assigned = assignExperiment(by, SERVICE, unit);
  return assigned.kind === 'outside' ? null : assigned.armId;
};

it.each(vectors)('answers the vector "$about" ($unit_id)', (vector) => {
  const { service_id, unit_id, experiment: by, exposure, arm_position, kind, arm } = vector;
  expect(unitInterval(service_id, by.salt, 'exposure', unit_id)).toBe(exposure);
  expect(unitInterval(service_id, by.salt, 'arm', unit_id)).toBe(arm_position);
  const assigned = assignExperiment(by, service_id, unit_id);
  expect(assigned).toEqual(kind === 'outside' ? { kind } : { kind, armId: arm });
});

describe('units of an experiment', () => {
  it('stay in their arm while the share that takes part rises, and none leaves', () => {
    const at = [0, 1, 5, 25, 50, 100].map((pct) => {
      const by = experiment(pct, 0.2, 0.3, 0.5);
      return new Map(units.flatMap((unit) => (armOf(by, unit) === null ? [] : [[unit, armOf(by, unit)]])));
    });
    at.forEach((now, i) => {
      expect([...(at[i - 1] ?? [])].filter(([unit, arm]) => now.get(unit) !== arm)).toEqual([]);
    });
    expect(at.map((now) => now.size)).toEqual([0, ...at.slice(1, -1).map(({ size }) => size), units.length]);
    expect(at[3]?.size).toBeGreaterThan(at[2]?.size ?? 0);
  });

  it('are shared as the weights say, and as much in those who take part at 25 % as in all', () => {
    const weights = [0.1, 0.2, 0.7];
    for (const pct of [25, 100]) {
      const taken = units
        .map((unit) => armOf(experiment(pct, ...weights), unit))
        .filter((arm) => arm !== null);
      expect(Math.abs(taken.length / units.length - pct / 100)).toBeLessThan(0.035);
      weights.forEach((weight, i) => {
        const share = taken.filter((arm) => arm === `arm-${i}`).length / taken.length;
        const error = Math.sqrt((weight * (1 - weight)) / taken.length);
        expect(Math.abs(share - weight)).toBeLessThan(5 * error);
      });
    }
  });

  it('change arms only where a boundary moves over them', () => {
    const [before, after] = [experiment(100, 0.5, 0.3, 0.2), experiment(100, 0.4, 0.4, 0.2)];
    const moved = units.filter((unit) => armOf(before, unit) !== armOf(after, unit));
    const positions = moved.map((unit) => unitInterval(SERVICE, 'salt', 'arm', unit));
    expect(moved.length).toBeGreaterThan(0);
    expect(positions.every((position) => position >= 0.4 && position < 0.7)).toBe(true);
    expect(moved.every((unit) => armOf(before, unit) !== 'arm-2')).toBe(true);
  });

  it('always get one of the arms that have a weight, whatever the weights', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 2, maxLength: 10 }),
        fc.string({ minLength: 1 }),
        (parts, unit) => {
          const sum = parts.reduce((total, part) => total + part, 0);
          fc.pre(sum > 0);
          const by = experiment(100, ...parts.map((part) => part / sum));
          const arm = by.arms.find(({ id }) => id === armOf(by, unit));
          expect(arm?.weight).toBeGreaterThan(0);
        },
      ),
      { seed: 6, numRuns: 200 },
    );
  });
});
