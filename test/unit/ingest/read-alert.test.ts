import { describe, expect, it } from 'vitest';
import { isAlert, readAlert } from '../../../src/ingest/events/read-alert.ts';

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
  const read = readAlert(value);
  return read.ok ? [] : read.problems.map(({ field }) => field);
};

describe('an alert', () => {
  it('in an envelope has its identity from there', () => {
    expect(readAlert(event)).toEqual({
      ok: true,
      alert: {
        source: '/sentinel',
        id: 'a-1',
        kind: 'quality_drop',
        severity: 'high',
        security: false,
        services: ['support-bot'],
        data,
      },
    });
  });

  it('without an envelope has its alert_id', () => {
    expect([isAlert(raw), readAlert(raw)]).toEqual([
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
    expect(readAlert(value)).toMatchObject({ ok: true, alert: { security: true } });
  });

  it('names a service once', () => {
    const twice = { ...event, data: { ...data, affected_services: ['a', 'b', 'a'] } };
    expect(readAlert(twice)).toMatchObject({ alert: { services: ['a', 'b'] } });
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
