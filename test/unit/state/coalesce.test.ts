/** A storm made into few signals: nothing is lost, nothing grave waits, and the same alerts always become the same signals. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coalesce, isUrgent, type SentAlert, type WaitingAlert } from '../../../src/state/coalesce.ts';
import { CLOCKS_APART_MS } from '../../../src/state/incident.ts';
import { SEVERITIES } from '../../../src/state/messages.ts';

const T0 = 1_000_000;
const WINDOW_MS = 2_000;
const at = (nowMs: number) => ({ nowMs, windowMs: WINDOW_MS, kinds: 8 });

const alert = (no: number, more: Partial<WaitingAlert> = {}): WaitingAlert => ({
  no,
  serviceId: 'support-bot',
  kind: 'quality_drop',
  severity: 'high',
  security: false,
  receivedAtMs: T0,
  raisedAtMs: T0,
  ...more,
});
const sent = (more: Partial<SentAlert> = {}): SentAlert => ({
  serviceId: 'support-bot',
  kind: 'quality_drop',
  severity: 'critical',
  security: false,
  atMs: T0,
  raisedAtMs: T0,
  ...more,
});

describe('alerts of one service and kind', () => {
  it('wait for their window, then are one signal with the highest severity', () => {
    const waiting = [
      alert(3, { severity: 'low' }),
      alert(4, { severity: 'high' }),
      alert(5, { severity: 'medium' }),
    ];
    expect(coalesce(waiting, [], at(T0 + 1_999))).toEqual({ deliveries: [], nextAtMs: T0 + WINDOW_MS });
    expect(coalesce(waiting, [], at(T0 + WINDOW_MS))).toEqual({
      deliveries: [
        {
          serviceId: 'support-bot',
          kind: 'quality_drop',
          severity: 'high',
          security: false,
          raisedAtMs: T0,
          alertNos: [3, 4, 5],
          messageId: 'alerts/3',
        },
      ],
      nextAtMs: null,
    });
  });

  it.each([
    ['a critical one', { severity: 'critical' }],
    ['a security alert of any severity', { severity: 'low', security: true }],
  ] as const)('%s is passed at once, with what has waited', (_what, more) => {
    const waiting = [alert(1, { security: 'security' in more }), alert(2, more)];
    expect(coalesce(waiting, [], at(T0)).deliveries).toMatchObject([{ alertNos: [1, 2] }]);
  });

  it('more criticals in the window wait for its end; in another window they do not', () => {
    const critical = [alert(9, { severity: 'critical' })];
    expect(coalesce(critical, [sent()], at(T0 + 1)).deliveries).toEqual([]);
    expect(coalesce(critical, [sent()], at(T0 + WINDOW_MS)).deliveries).toHaveLength(1);
    expect(coalesce(critical, [sent({ severity: 'high' })], at(T0 + 1)).deliveries).toHaveLength(1);
    expect(coalesce(critical, [sent({ kind: 'other' })], at(T0 + 1)).deliveries).toHaveLength(1);
    expect(coalesce(critical, [sent({ serviceId: 'code-bot' })], at(T0 + 1)).deliveries).toHaveLength(1);
  });
});

describe('alerts that were raised long before', () => {
  const LONG_AGO = T0 - CLOCKS_APART_MS - WINDOW_MS - 1;

  it('lend their severity to none that is new, and each severity has the time of its newest', () => {
    const waiting = [
      alert(1, { severity: 'critical', raisedAtMs: LONG_AGO - 5 }),
      alert(2, { severity: 'critical', raisedAtMs: LONG_AGO }),
      alert(3, { severity: 'high', raisedAtMs: LONG_AGO - 3 }),
      alert(4, { severity: 'medium', raisedAtMs: T0 - 7 }),
      alert(5, { severity: 'low', raisedAtMs: T0 - 9 }),
    ];
    const { deliveries } = coalesce(waiting, [], at(T0 + WINDOW_MS));
    expect(deliveries.map(({ severity, raisedAtMs, alertNos }) => [severity, raisedAtMs, alertNos])).toEqual([
      ['critical', LONG_AGO, [1, 2]],
      ['high', LONG_AGO - 3, [3]],
      ['medium', T0 - 7, [4, 5]],
    ]);
  });

  it('keep no new one waiting', () => {
    const old = Array.from({ length: 8 }, (_, i) => sent({ kind: `kind-${i}`, raisedAtMs: LONG_AGO }));
    const { deliveries } = coalesce(
      [alert(9, { severity: 'critical' })],
      [sent({ raisedAtMs: LONG_AGO }), ...old],
      at(T0 + 1),
    );
    expect(deliveries).toHaveLength(1);
  });

  it('of many kinds share signals by severity', () => {
    const waiting = Array.from({ length: 30 }, (_, i) =>
      alert(i + 1, { kind: `kind-${i}`, severity: i % 2 === 0 ? 'high' : 'low', raisedAtMs: LONG_AGO - i }),
    );
    const { deliveries } = coalesce(waiting, [], at(T0 + WINDOW_MS));
    expect(deliveries).toHaveLength(16);
    expect(deliveries.flatMap(({ alertNos }) => alertNos)).toHaveLength(30);
    for (const { severity, alertNos, raisedAtMs } of deliveries) {
      const stoodFor = waiting.filter(({ no }) => alertNos.includes(no));
      expect(new Set(stoodFor.map((each) => each.severity))).toEqual(new Set([severity]));
      expect(Math.max(...stoodFor.map((each) => each.raisedAtMs))).toBe(raisedAtMs);
    }
  });
});

it('the gravest kinds of a service keep their own signal, the others share one', () => {
  const waiting = Array.from({ length: 30 }, (_, i) =>
    alert(i + 1, { kind: `kind-${i}`, severity: i === 29 ? 'critical' : 'medium' }),
  );
  const { deliveries } = coalesce(waiting, [], at(T0 + WINDOW_MS));
  expect(deliveries).toHaveLength(8);
  expect(deliveries[0]).toMatchObject({ kind: 'kind-29', severity: 'critical' });
  expect(deliveries[7]).toMatchObject({ kind: '23 kinds, such as kind-6', severity: 'medium' });
  expect(deliveries.flatMap(({ alertNos }) => alertNos).toSorted((a, b) => a - b)).toEqual(
    waiting.map(({ no }) => no),
  );
});

it("many kinds that come one after another share their service's window, and urgent ones too, beyond a few", () => {
  for (const severity of ['high', 'critical'] as const) {
    let sentSoFar: readonly SentAlert[] = [];
    let waiting: readonly WaitingAlert[] = [];
    let signals = 0;
    let alerts = 0;
    for (let no = 0; no < 600; no += 1) {
      const nowMs = T0 + no * 10;
      waiting = [...waiting, alert(no, { kind: `kind-${no}`, severity, receivedAtMs: nowMs })];
      const { deliveries } = coalesce(waiting, sentSoFar, at(nowMs));
      const gone = new Set(deliveries.flatMap(({ alertNos }) => alertNos));
      waiting = waiting.filter((each) => !gone.has(each.no));
      sentSoFar = [...sentSoFar, ...deliveries.map((each) => ({ ...each, atMs: nowMs }))].slice(-50);
      signals += deliveries.length;
      alerts += gone.size;
    }
    // Three windows of two seconds.
    expect(signals).toBeLessThanOrEqual(4 * 2 * 8);
    expect(alerts + waiting.length).toBe(600);
  }
});

it('twenty thousand alerts become a handful of signals', () => {
  const waiting = Array.from({ length: 20_000 }, (_, i) =>
    alert(i, { kind: `kind-${i % 5}`, receivedAtMs: T0 + i / 10, severity: SEVERITIES[i % 3] ?? 'low' }),
  );
  const { deliveries } = coalesce(waiting, [], at(T0 + WINDOW_MS + 1));
  expect(deliveries).toHaveLength(5);
  expect(deliveries.reduce((sum, { alertNos }) => sum + alertNos.length, 0)).toBe(20_000);
});

describe('whatever waits', () => {
  const waiting = fc
    .array(
      fc.record({
        serviceId: fc.constantFrom('a', 'b'),
        kind: fc.constantFrom('x', 'y', 'z'),
        severity: fc.constantFrom(...SEVERITIES),
        security: fc.boolean(),
        receivedAtMs: fc.integer({ min: T0, max: T0 + 3_000 }),
        raisedAtMs: fc.integer({ min: T0 - 2 * CLOCKS_APART_MS, max: T0 }),
      }),
      { maxLength: 40 },
    )
    .map((list) => list.map((each, no): WaitingAlert => ({ ...each, no })));

  it('is in one signal or waits, never both; what is due goes; each signal is as grave as its gravest alert', () => {
    fc.assert(
      fc.property(
        waiting,
        fc.integer({ min: 0, max: 4_000 }),
        fc.integer({ min: 1, max: 4 }),
        (list, later, kinds) => {
          const nowMs = T0 + later;
          const { deliveries, nextAtMs } = coalesce(list, [], { nowMs, windowMs: WINDOW_MS, kinds });
          const gone = deliveries.flatMap(({ alertNos }) => alertNos);
          expect(new Set(gone).size).toBe(gone.length);
          const left = list.filter(({ no }) => !gone.includes(no));
          expect(left.filter(isUrgent)).toEqual([]);
          for (const { receivedAtMs } of left) expect(nowMs - receivedAtMs).toBeLessThan(WINDOW_MS);
          expect(nextAtMs === null).toBe(left.length === 0);
          for (const { alertNos, severity, serviceId, security } of deliveries) {
            const its = list.filter(({ no }) => alertNos.includes(no));
            expect(severity).toBe(
              SEVERITIES[Math.max(...its.map((each) => SEVERITIES.indexOf(each.severity)))],
            );
            expect(its.every((each) => each.serviceId === serviceId && each.security === security)).toBe(
              true,
            );
          }
          const ids = deliveries.map(({ messageId }) => messageId);
          expect(new Set(ids).size).toBe(ids.length);
        },
      ),
      { seed: 7, numRuns: 500 },
    );
  });

  it('with a window or a number of kinds that make no sense is refused by name', () => {
    expect(() => coalesce([], [], { nowMs: 0, windowMs: -1, kinds: 1 })).toThrow(/^windowMs/u);
    expect(() => coalesce([], [], { nowMs: 0, windowMs: 1, kinds: 0 })).toThrow(/^kinds/u);
  });
});
