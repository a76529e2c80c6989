import { describe, expect, it } from 'vitest';
import { durationMs } from '../../../src/domain/duration.ts';
import { OLDEST_ALERT_MS, RETENTION } from '../../../src/domain/retention.ts';
import { isAlert, readAlert } from '../../../src/ingest/events/read-alert.ts';

const DAY = 86_400_000;
const NOW = Date.parse('2026-03-01T12:00:30Z');
const data = {
  anomaly_type: 'quality_drop',
  severity: 'high',
  affected_services: ['support-bot'],
  metrics: {},
};
const event = {
  specversion: '1.0',
  source: '/sentinel',
  id: 'a-1',
  type: 'com.llmdevops.sentinel.anomaly.v1',
  data,
};
const raw = {
  alert_id: 'r-1',
  timestamp: '2026-03-01T12:00:00Z',
  severity: 'critical',
  anomaly_type: 'LatencySpike',
  service_name: 'support-bot',
  details: { metric: 'latency' },
};

const fieldsOf = (value: unknown) => {
  const read = readAlert(value, NOW);
  return read.ok ? [] : read.problems.map(({ field }) => field);
};

describe('an alert', () => {
  it('in an envelope has its identity from there', () => {
    expect(readAlert(event, NOW)).toEqual({
      ok: true,
      alert: {
        source: '/sentinel',
        id: 'a-1',
        kind: 'quality_drop',
        severity: 'high',
        security: false,
        services: ['support-bot'],
        raisedAtMs: NOW,
        data,
      },
    });
  });

  it('without an envelope has its alert_id', () => {
    expect([isAlert(raw), readAlert(raw, NOW)]).toEqual([
      true,
      {
        ok: true,
        alert: {
          source: '',
          id: 'r-1',
          kind: 'LatencySpike',
          severity: 'critical',
          security: false,
          services: ['support-bot'],
          raisedAtMs: NOW - 30_000,
          data: raw,
        },
      },
    ]);
  });

  it.each([
    ['by its type', { ...event, type: 'com.llmdevops.sentinel.security.alert.v1' }],
    ['by its kind', { ...event, data: { ...data, anomaly_type: 'security_breach' } }],
    ['by its kind, raw', { ...raw, anomaly_type: 'security_breach' }],
  ])('is a security alert %s', (_how, value) => {
    expect(readAlert(value, NOW)).toMatchObject({ ok: true, alert: { security: true } });
  });

  it.each(['prompt_injection', 'pii_leak', 'jailbreak'])(
    'is a security alert by the topic that brought it, though it is called %s',
    (kind) => {
      const value = { ...raw, anomaly_type: kind };
      const securityOf = (came: { readonly security: boolean }) =>
        readAlert(value, NOW, { sentMs: NOW, ...came });
      expect(securityOf({ security: true })).toMatchObject({ alert: { kind, security: true } });
      expect(securityOf({ security: false })).toMatchObject({ alert: { kind, security: false } });
    },
  );

  it.each([
    ['by its envelope', { ...event, time: '2026-02-22T12:00:29Z' }, null, 'time'],
    ['by its timestamp', { ...raw, timestamp: '2026-02-20T12:00:00Z' }, null, 'timestamp'],
    [
      'by its message, whatever it tells',
      { ...event, time: '2026-03-01T12:00:00Z' },
      NOW - 7 * DAY - 1,
      'time',
    ],
    ['by its message, raw', raw, NOW - 30 * DAY, 'timestamp'],
  ])(
    'that is older than a week %s is set aside: it may have been taken before',
    (_how, value, sentMs, field) => {
      const read = readAlert(value, NOW, { sentMs, security: false });
      expect(read).toMatchObject({ ok: false, problems: [{ field, expected: 'an alert of the last 7d' }] });
    },
  );

  it.each([
    ['a week ago', { ...event, time: '2026-02-22T12:00:30Z' }, null],
    ['now by its message, though it tells an old time', { ...event, time: '2026-01-01T00:00:00Z' }, NOW],
    ['at no time that can be read', { ...event, time: 'yesterday' }, null],
    ['at a number that is no time', { ...raw, timestamp: '12' }, null],
    ['at no time at all, which Kafka tells as -1', event, -1],
    ['ahead of now', event, NOW + DAY],
  ])('that was sent %s is taken', (_when, value, sentMs) => {
    expect(readAlert(value, NOW, { sentMs, security: false })).toMatchObject({ ok: true });
  });

  it.each([
    ['its envelope', { ...event, time: '2026-02-28T12:00:30Z' }, null, NOW - DAY],
    ['its timestamp', { ...raw, timestamp: '2026-03-01T10:00:30Z' }, null, NOW - 7_200_000],
    ['its message, before what it tells', { ...event, time: '2026-02-28T12:00:30Z' }, NOW - 5, NOW - 5],
    ['nothing: now', event, null, NOW],
    ['nothing, with a time that cannot be read', { ...event, time: 'yesterday' }, -1, NOW],
    ['a clock that is ahead: now', { ...event, time: '2026-03-02T12:00:30Z' }, null, NOW],
  ])('was raised when %s says', (_what, value, sentMs, raisedAtMs) => {
    expect(readAlert(value, NOW, { sentMs, security: false })).toMatchObject({ alert: { raisedAtMs } });
  });

  it('is kept for longer than it may be old when it comes', () => {
    expect(durationMs(RETENTION.notes.least)).toBeGreaterThanOrEqual(OLDEST_ALERT_MS + DAY);
  });

  it('names a service once', () => {
    const twice = { ...event, data: { ...data, affected_services: ['a', 'b', 'a'] } };
    expect(readAlert(twice, NOW)).toMatchObject({ alert: { services: ['a', 'b'] } });
  });

  it.each([
    [
      'no envelope to speak of',
      { type: event.type, data },
      ['alert_id', 'anomaly_type', 'severity', 'service_name'],
    ],
    ['no identity', { ...event, id: '' }, ['id']],
    ['no data', { ...event, data: undefined }, ['data']],
    ['a severity of its own', { ...event, data: { ...data, severity: 'constructor' } }, ['data.severity']],
    ['no service', { ...event, data: { ...data, affected_services: [] } }, ['data.affected_services']],
    ['a NUL', { ...event, data: { ...data, anomaly_type: 'a\0b' } }, ['']],
    ['a raw form without a service', { ...raw, service_name: undefined }, ['service_name']],
  ])('with %s is refused by field', (_what, value, fields) => {
    expect(fieldsOf(value)).toEqual(fields);
  });

  it.each([
    ['drift', 'com.llmdevops.sentinel.drift.detected.v1', true],
    ['feedback', 'com.llmdevops.x', false],
  ])('is told from other events: %s', (_what, type, expected) => {
    expect(isAlert({ ...event, type })).toBe(expected);
  });

  it.each([null, 'text', 7, [event], {}])('is not %j', (value) => {
    expect(isAlert(value)).toBe(false);
  });
});
