/** Kafka's compressions, read within limits. */
export { registerCodecs, stalledReason } from './codecs.ts';
export { UNDECODABLE_HEADER } from './undecodable.ts';
