/** The Kafka cluster and its topics from the environment. Null brokers: nothing is read from Kafka. */
import { readFileSync } from 'node:fs';
import {
  SASL_MECHANISMS,
  type KafkaSasl,
  type KafkaSettings,
  type KafkaTls,
} from '../adapters/kafka/index.ts';
import { Failure, type Problem } from '../domain/failure.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Variables with the topics, and what each is when it is not set. */
const TOPICS = {
  KAFKA_TOPIC_METRICS: 'llm.observatory.metrics',
  KAFKA_TOPIC_FEEDBACK: 'llm.observatory.feedback',
  KAFKA_TOPIC_ANOMALY: 'llm.sentinel.anomaly.detected',
  KAFKA_TOPIC_SECURITY: 'llm.sentinel.security.alert',
  KAFKA_TOPIC_DRIFT: 'llm.sentinel.drift.detected',
} as const;

/** Every variable that is read here. */
export const KAFKA_VARIABLES = [
  'KAFKA_BROKERS',
  'KAFKA_GROUP',
  ...Object.keys(TOPICS),
  'KAFKA_SASL_MECHANISM',
  'KAFKA_SASL_USERNAME',
  'KAFKA_SASL_PASSWORD',
  'KAFKA_TLS',
  'KAFKA_TLS_CA',
  'KAFKA_TLS_CERT',
  'KAFKA_TLS_KEY',
] as const;

export interface KafkaConfig extends KafkaSettings {
  readonly group: string;
  readonly topics: Readonly<Record<'metrics' | 'feedback' | 'anomaly' | 'security' | 'drift', string>>;
}

/** The topic whose alerts are security alerts whatever they are called; null when other kinds come by the same one. */
export function securityTopicOf({ security, ...others }: KafkaConfig['topics']): string | null {
  return Object.values(others).includes(security) ? null : security;
}

/**
 * Null when `KAFKA_BROKERS` is not set, whatever else is.
 * @throws Failure('InvalidInput') with every variable that cannot be read; a password is never quoted
 */
export function readKafkaSettings(env: Env): KafkaConfig | null {
  const set = (name: string): string | undefined => (env[name] === '' ? undefined : env[name]);
  const given = set('KAFKA_BROKERS');
  if (given === undefined) return null;
  const problems: Problem[] = [];
  const config = {
    brokers: brokersOf(given, problems),
    group: set('KAFKA_GROUP') ?? 'llm-optimizer',
    topics: {
      metrics: topicOf('KAFKA_TOPIC_METRICS', set, problems),
      feedback: topicOf('KAFKA_TOPIC_FEEDBACK', set, problems),
      anomaly: topicOf('KAFKA_TOPIC_ANOMALY', set, problems),
      security: topicOf('KAFKA_TOPIC_SECURITY', set, problems),
      drift: topicOf('KAFKA_TOPIC_DRIFT', set, problems),
    },
    tls: tlsOf(set, problems),
    sasl: saslOf(set, problems),
  };
  if (problems.length > 0) {
    const lines = problems.map(
      ({ field, value, expected }) =>
        `${field}: ${value === undefined ? 'is missing' : `${JSON.stringify(value)} is given`}, expected ${expected}`,
    );
    throw new Failure('InvalidInput', lines.join('; '), problems);
  }
  return config;
}

/** The same for who cannot do without. */
export function requireKafkaSettings(env: Env): KafkaConfig {
  const config = readKafkaSettings(env);
  if (config) return config;
  const expected = 'the brokers of a Kafka cluster, such as kafka-1:9092,kafka-2:9092';
  throw new Failure('InvalidInput', `KAFKA_BROKERS: is missing, expected ${expected}`, [
    { field: 'KAFKA_BROKERS', value: undefined, expected },
  ]);
}

type Lookup = (name: string) => string | undefined;

function brokersOf(text: string, problems: Problem[]): readonly string[] {
  const brokers = text.split(',').map((each) => each.trim());
  for (const broker of brokers) {
    const port = Number(/^\S+:(\d{1,5})$/u.exec(broker)?.[1]);
    if (Number.isNaN(port) || port < 1 || port > 65_535)
      problems.push({
        field: 'KAFKA_BROKERS',
        value: broker,
        expected: 'host:port, with commas between them',
      });
  }
  return brokers;
}

function topicOf(name: keyof typeof TOPICS, set: Lookup, problems: Problem[]): string {
  const topic = set(name) ?? TOPICS[name];
  if (!/^[\w.-]{1,200}$/u.test(topic))
    problems.push({
      field: name,
      value: topic,
      expected: 'a topic: letters, digits, ., _ and -, at most 200',
    });
  return topic;
}

function saslOf(set: Lookup, problems: Problem[]): KafkaSasl | null {
  const named = set('KAFKA_SASL_MECHANISM');
  const [username, password] = [set('KAFKA_SASL_USERNAME'), set('KAFKA_SASL_PASSWORD')];
  const known = SASL_MECHANISMS.join(', ');
  if (named === undefined) {
    if (username !== undefined || password !== undefined)
      problems.push({ field: 'KAFKA_SASL_MECHANISM', value: undefined, expected: `one of ${known}` });
    return null;
  }
  const mechanism = SASL_MECHANISMS.find((each) => each === named.toLowerCase());
  if (mechanism === undefined)
    problems.push({ field: 'KAFKA_SASL_MECHANISM', value: named, expected: `one of ${known}` });
  for (const [field, value] of [
    ['KAFKA_SASL_USERNAME', username],
    ['KAFKA_SASL_PASSWORD', password],
  ] as const) {
    if (value === undefined) problems.push({ field, value, expected: `a text, beside KAFKA_SASL_MECHANISM` });
  }
  return mechanism === undefined ? null : { mechanism, username: username ?? '', password: password ?? '' };
}

function tlsOf(set: Lookup, problems: Problem[]): KafkaTls | null {
  const named = set('KAFKA_TLS') ?? 'false';
  const on = ['true', '1', 'yes'].includes(named.toLowerCase());
  if (!on && !['false', '0', 'no'].includes(named.toLowerCase()))
    problems.push({ field: 'KAFKA_TLS', value: named, expected: 'true or false' });
  const files = { ca: 'KAFKA_TLS_CA', cert: 'KAFKA_TLS_CERT', key: 'KAFKA_TLS_KEY' } as const;
  const texts: { ca?: string; cert?: string; key?: string } = {};
  for (const part of ['ca', 'cert', 'key'] as const) {
    const path = set(files[part]);
    if (path === undefined) continue;
    if (!on) problems.push({ field: 'KAFKA_TLS', value: named, expected: `true, beside ${files[part]}` });
    try {
      texts[part] = readFileSync(path, 'utf8');
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      problems.push({ field: files[part], value: path, expected: `a PEM file that can be read (${why})` });
    }
  }
  if ((set(files.cert) === undefined) !== (set(files.key) === undefined)) {
    const field = set(files.cert) === undefined ? files.cert : files.key;
    problems.push({
      field,
      value: undefined,
      expected: 'certificate and key of the client, both or neither',
    });
  }
  return on ? texts : null;
}
