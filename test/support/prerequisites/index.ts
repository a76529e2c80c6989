// Programs that the tests drive and that nobody has by hand: found, or fetched once into the cache folder, with a message.
// Each failure is one line that says what to install; a missing program is never a skipped test.
export { composeCommand } from './compose.ts';
export { kafkaProgram, type KafkaProgram } from './kafka.ts';
export { tctlPath } from './tctl.ts';
export { temporalPath } from './temporal.ts';
export { timeSkippingServer } from './time-skipping-server.ts';
