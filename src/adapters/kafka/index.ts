/** Kafka as an event log, over kafkajs. */
export { createKafkaLog } from './kafka-log.ts';
export { kafkaClient } from './client.ts';
export { SASL_MECHANISMS, type KafkaSasl, type KafkaSettings, type KafkaTls } from './settings.ts';
