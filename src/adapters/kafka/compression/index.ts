/** Kafka's compressions, read within limits. */
export { registerCodecs, stalledReason, unpackBatch } from './codecs.ts';
export { BATCH_HEADER, UNDECODABLE_HEADER } from './undecodable.ts';
