/** The event log of the `ingest` role, from the environment. Wiring only. */
import { createKafkaLog } from '../../src/adapters/kafka/index.ts';
import type { Stores } from '../../src/adapters/postgres/index.ts';
import { readKafkaSettings, securityTopicOf } from '../../src/config/kafka-settings.ts';
import type { Logger } from '../../src/config/log.ts';
import type { LogOptions } from '../../src/ingest/index.ts';

/**
 * Null when no brokers are named.
 * @throws Failure('InvalidInput') with every variable that cannot be read
 */
export function openEventLog(
  env: Readonly<Record<string, string | undefined>>,
  stores: Stores,
  logger: Logger,
): LogOptions | null {
  const kafka = readKafkaSettings(env);
  if (!kafka) return null;
  const { group, topics } = kafka;
  const log = createKafkaLog(kafka, group, logger);
  return {
    log,
    store: stores.log,
    group,
    topics: [...new Set(Object.values(topics))],
    securityTopic: securityTopicOf(topics),
  };
}
