import { describe, expect, it } from 'vitest';
import { assignArm, unitIdOf, unitInterval } from '../../../src/contract/assignment.ts';

const service = { serviceId: 'support-bot', salt: 'salt' };
const units = Array.from({ length: 20_000 }, (_, i) => `unit-${i}`);

describe('the assignment of units', () => {
  it.each([
    ['support-bot', 'request-1', 0.7439782976800164],
    ['support-bot', 'request-2', 0.2917497212400978],
    ['code-help', 'request-1', 0.5863339817475313],
  ])('puts %s / %s at %d, as other implementations must', (serviceId, unitId, position) => {
    expect(unitInterval(serviceId, 'salt', unitId)).toBe(position);
  });

  it('keeps a unit in the candidate while its weight rises', () => {
    const inCandidate = (weight: number): Set<string> =>
      new Set(units.filter((id) => assignArm(service, id, weight) === 'candidate'));
    const atFive = inCandidate(0.05);
    const atQuarter = inCandidate(0.25);
    expect(atFive.size).toBeGreaterThan(0);
    expect([...atFive].filter((id) => !atQuarter.has(id))).toEqual([]);
  });

  it.each([0.01, 0.05, 0.25, 0.5])(
    'gives the candidate a share of %d within five standard errors',
    (weight) => {
      const share =
        units.filter((id) => assignArm(service, id, weight) === 'candidate').length / units.length;
      expect(Math.abs(share - weight)).toBeLessThan(5 * Math.sqrt((weight * (1 - weight)) / units.length));
    },
  );

  it('gives nobody to a candidate at 0 and everybody to one at 1', () => {
    expect(units.some((id) => assignArm(service, id, 0) === 'candidate')).toBe(false);
    expect(units.every((id) => assignArm(service, id, 1) === 'candidate')).toBe(true);
  });

  it('assigns two services independently', () => {
    const both = units.filter(
      (id) =>
        assignArm(service, id, 0.5) === 'candidate' &&
        assignArm({ serviceId: 'code-help', salt: 'other' }, id, 0.5) === 'candidate',
    );
    expect(Math.abs(both.length / units.length - 0.25)).toBeLessThan(0.02);
  });
});

describe('the unit of a request', () => {
  const request = { requestId: 'r', sessionId: 's', user: 'u' };

  it.each([
    ['request', 'r'],
    ['session', 's'],
    ['user', 'u'],
  ] as const)('is its %s id', (unit, id) => {
    expect(unitIdOf(unit, request)).toBe(id);
  });

  it.each([undefined, '', 'x'.repeat(201)])('is nobody when the user is %j', (user) => {
    expect(unitIdOf('user', { ...request, user })).toBeNull();
  });
});
