/** A kafkajs client from settings, which reads every compression and whose log lines go to ours. Opens nothing. */
import { Kafka, logLevel, type LogEntry, type SASLOptions } from 'kafkajs';
import type { Logger } from 'pino';
import { registerCodecs } from './compression/index.ts';
import type { KafkaSasl, KafkaSettings } from './settings.ts';

const CONNECT_MS = 5_000;
const REQUEST_MS = 30_000;

/** Each mechanism by itself: kafkajs types them as a union of objects. */
function saslOf({ mechanism, username, password }: KafkaSasl): SASLOptions {
  if (mechanism === 'plain') return { mechanism, username, password };
  if (mechanism === 'scram-sha-256') return { mechanism, username, password };
  return { mechanism, username, password };
}

/** @param logger gets warnings and errors of the client as debug lines: what matters of them is reported by who uses it */
export function kafkaClient({ brokers, tls, sasl }: KafkaSettings, logger: Logger): Kafka {
  registerCodecs();
  return new Kafka({
    clientId: 'llm-optimizer',
    brokers: [...brokers],
    ...(tls && { ssl: tls }),
    ...(sasl && { sasl: saslOf(sasl) }),
    connectionTimeout: CONNECT_MS,
    requestTimeout: REQUEST_MS,
    logLevel: logLevel.WARN,
    logCreator:
      () =>
      ({ namespace, log: { message, error } }: LogEntry) =>
        logger.debug({ kafka: namespace, error: error as unknown }, message),
  });
}
