import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { KAFKA_VARIABLES, readKafkaSettings, securityTopicOf } from '../../../src/config/kafka-settings.ts';
import { Failure } from '../../../src/domain/failure.ts';

const BROKERS = { KAFKA_BROKERS: 'a:9092, b:9093' };
const fieldsOf = (env: Record<string, string>): readonly string[] => {
  try {
    readKafkaSettings(env);
    return [];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.problems.map(({ field }) => field);
  }
};

describe('the Kafka settings', () => {
  it('are none without brokers', () => {
    expect(readKafkaSettings({})).toBeNull();
    expect(readKafkaSettings({ KAFKA_BROKERS: '' })).toBeNull();
  });

  it('have the topics of the contracts', () => {
    expect(readKafkaSettings(BROKERS)).toEqual({
      brokers: ['a:9092', 'b:9093'],
      group: 'llm-optimizer',
      topics: {
        metrics: 'llm.observatory.metrics',
        feedback: 'llm.observatory.feedback',
        anomaly: 'llm.sentinel.anomaly.detected',
        security: 'llm.sentinel.security.alert',
        drift: 'llm.sentinel.drift.detected',
      },
      tls: null,
      sasl: null,
    });
  });

  it.each([
    ['of its own', {}, 'llm.sentinel.security.alert'],
    ['named', { KAFKA_TOPIC_SECURITY: 'soc' }, 'soc'],
    ['that has the anomalies too', { KAFKA_TOPIC_SECURITY: 'all', KAFKA_TOPIC_ANOMALY: 'all' }, null],
  ])('tell security alerts by a topic %s', (_which, more, expected) => {
    const settings = readKafkaSettings({ ...BROKERS, ...more });
    expect(settings && securityTopicOf(settings.topics)).toBe(expected);
  });

  it('take TLS with files, and SASL in any letters', () => {
    const ca = import.meta.filename;
    const sasl = {
      KAFKA_SASL_MECHANISM: 'SCRAM-SHA-256',
      KAFKA_SASL_USERNAME: 'u',
      KAFKA_SASL_PASSWORD: 'p',
    };
    expect(readKafkaSettings({ ...BROKERS, ...sasl, KAFKA_TLS: 'true', KAFKA_TLS_CA: ca })).toMatchObject({
      tls: { ca: expect.stringContaining('describe') },
      sasl: { mechanism: 'scram-sha-256', username: 'u', password: 'p' },
    });
  });

  it.each([
    ['a broker without a port', { KAFKA_BROKERS: 'a' }, ['KAFKA_BROKERS']],
    ['a topic that Kafka refuses', { KAFKA_TOPIC_DRIFT: 'a b' }, ['KAFKA_TOPIC_DRIFT']],
    [
      'a mechanism that is none, without a password',
      { KAFKA_SASL_MECHANISM: 'gssapi', KAFKA_SASL_USERNAME: 'u' },
      ['KAFKA_SASL_MECHANISM', 'KAFKA_SASL_PASSWORD'],
    ],
    ['a password without a mechanism', { KAFKA_SASL_PASSWORD: 'p' }, ['KAFKA_SASL_MECHANISM']],
    ['TLS that is neither on nor off', { KAFKA_TLS: 'maybe' }, ['KAFKA_TLS']],
    ['a file that is not there', { KAFKA_TLS: 'true', KAFKA_TLS_CA: 'nowhere.pem' }, ['KAFKA_TLS_CA']],
    [
      'a certificate without TLS or key',
      { KAFKA_TLS_CERT: import.meta.filename },
      ['KAFKA_TLS', 'KAFKA_TLS_KEY'],
    ],
  ])('with %s are refused by variable', (_, more, fields) => {
    expect(fieldsOf({ ...BROKERS, ...more })).toEqual(fields);
  });

  it('quote no password', () => {
    expect(() => readKafkaSettings({ ...BROKERS, KAFKA_SASL_PASSWORD: 'secret-one' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secret-one') }),
    );
  });

  it('are all in README.md', () => {
    const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
    for (const name of KAFKA_VARIABLES) expect(readme).toContain(`| \`${name}\``);
  });
});
